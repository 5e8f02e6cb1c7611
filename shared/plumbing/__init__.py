"""PostgreSQL, Kafka, HTTP, settings, logs, health."""
