"""What can stand in the way of running Cairn on this machine.

There is one error: a person reads it, so its message names the thing, what was
found, and what to do next.
"""


class LocalError(Exception):
    """A person must do something before this machine can run Cairn."""
