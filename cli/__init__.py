"""The cairn command."""
