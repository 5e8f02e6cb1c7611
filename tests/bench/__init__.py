"""Tests of the benchmark: what judges the system must itself be right."""
