"""What ends a measurement early, in words for whoever started it."""


class BenchError(Exception):
    """Something did not come true in its time, or a number is wrong."""
