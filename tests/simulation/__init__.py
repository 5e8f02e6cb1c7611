"""Seeded days of changes, crashes and moves, judged by an oracle."""
