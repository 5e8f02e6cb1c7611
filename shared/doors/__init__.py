"""Who may come in: what goals and ingest have in common at their doors."""
