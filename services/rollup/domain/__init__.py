"""Decisions of the rollup service, without input or output."""
