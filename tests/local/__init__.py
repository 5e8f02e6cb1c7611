"""Tests of what starts Kafka, PostgreSQL and the services on this machine."""
