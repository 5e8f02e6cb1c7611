"""Tests of ingest against real Kafka."""
