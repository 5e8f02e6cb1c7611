"""The goals service on a real PostgreSQL and a real Kafka."""
