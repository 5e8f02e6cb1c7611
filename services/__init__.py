"""The three services; they share topics, never code."""
