"""One page at a time. Reruns are short and mostly hold the interpreter: side by side they only wait for each other.

A thread that gives the interpreter up for an instant (a message is sent, a lock is taken) gets it back only after the
others' 5 ms, a hundred times a rerun. In turn, each rerun takes its own time and no more.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["turn"]

_PATIENCE = 1.0  # seconds; a page that computes for longer does not hold up the others
_one = threading.BoundedSemaphore(1)


@contextmanager
def turn() -> Iterator[None]:
    """Wait until no other page is being drawn; after a while go on beside it."""
    taken = _one.acquire(timeout=_PATIENCE)
    try:
        yield
    finally:
        if taken:
            _one.release()
