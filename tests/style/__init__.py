"""The sources themselves: rooms, docstrings, documentation, no leftovers."""
