"""Tests of single parts against a real PostgreSQL and Kafka."""
