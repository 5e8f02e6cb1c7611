"""The doors below the services: PostgreSQL's roles, Kafka's users."""
