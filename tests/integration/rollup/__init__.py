"""Tests of the rollup service on a real PostgreSQL and Kafka."""
