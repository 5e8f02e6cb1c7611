"""Tests of queries: read, compiled, explained, and said in SQL."""
