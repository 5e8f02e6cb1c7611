"""Definitions, targets and people: create, read, change, delete."""
