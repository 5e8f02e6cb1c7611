"""Decisions of the goals service, without any real part."""
