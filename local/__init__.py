"""Kafka and PostgreSQL on this machine, for run and test."""
