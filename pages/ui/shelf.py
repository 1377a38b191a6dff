"""A bounded shelf: what was made under a key is kept, the longest unused goes first."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

__all__ = ["Shelf"]


class Shelf:
    """Results by key, shared by all sessions and never changed by them.

    Streamlit's caches ask for a function's signature, hash every argument and copy every result at each use; here a use
    costs a look into a dictionary. What is missing is made once, however many ask for it at the same time.
    """

    def __init__(self, *, max_entries: int) -> None:
        self._most = max_entries
        self._held: OrderedDict[str, Any] = OrderedDict()
        self._turns: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    def values(self) -> list[Any]:
        """What is held now, the longest unused first."""
        with self._lock:
            return list(self._held.values())

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()

    def take(self, key: str, make: Callable[[], Any]) -> Any:
        """What is held under the key, made first where nothing is. An error of ``make`` is not kept."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
            turn = self._turns.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._held:
                    return self._held[key]
            try:
                made = make()
                self._put(key, made)
            finally:
                with self._lock:
                    self._turns.pop(key, None)
        return made

    def _put(self, key: str, made: Any) -> None:
        with self._lock:
            self._held[key] = made
            while len(self._held) > self._most:
                self._held.popitem(last=False)
