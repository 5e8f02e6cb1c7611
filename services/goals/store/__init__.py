"""Every SQL statement of the goals service, by concept."""
