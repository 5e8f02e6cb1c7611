"""Meridian Instruments: the example company, the same for the same day everywhere."""
