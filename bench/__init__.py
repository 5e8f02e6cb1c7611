"""Workload, oracle and the measured numbers."""
