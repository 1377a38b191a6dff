"""The process's store, opened once; threads and sessions share it."""

import threading

from nrr_core.settings import Settings
from nrr_core.store import Store, open_store

__all__ = ["close", "settings", "store"]

_guard = threading.Lock()
_held: list[Store] = []


def settings() -> Settings:
    """The settings of this process."""
    return store().settings


def store() -> Store:
    """The store that the environment names."""
    with _guard:
        if not _held:
            _held.append(open_store())
        return _held[0]


def close() -> None:
    """Let go of it, at the end of the process or between tests."""
    with _guard:
        while _held:
            _held.pop().close()
