"""Tests of what all services share; they touch nothing."""
