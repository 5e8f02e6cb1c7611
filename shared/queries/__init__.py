"""Conditions over records: read once, then compiled, explained, or said in SQL."""
