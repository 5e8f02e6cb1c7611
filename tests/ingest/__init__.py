"""Tests of ingest that touch nothing."""
