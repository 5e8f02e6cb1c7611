"""Turns records into totals, up the whole hierarchy."""
