"""Whether a sign-in still holds, asked of the store in a thread and remembered for a few seconds."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from anyio import to_thread

from nrr_core.store import Actor, SignedOut, Store

__all__ = ["REMEMBERED", "Sessions", "Standing"]

REMEMBERED = 3.0  # seconds; somebody shut out is out after that, on every replica
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How a sign-in stands: its person, or why it is over."""

    actor: Actor | None
    reason: str = ""

    @property
    def live(self) -> bool:
        """Whether it holds."""
        return self.actor is not None


class Sessions:
    """Standings by session key. Used by the event loop only."""

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store
        self._kept: dict[str, tuple[float, Standing]] = {}

    async def standing(self, key: str) -> Standing:
        """How a sign-in stands. Looking does not count as a click; StoreError where the catalogue can't be asked."""
        kept = self._kept.get(key)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        try:
            found = Standing(await to_thread.run_sync(partial(self._store().people.of_session, key, active=False)))
        except SignedOut as over:
            found = Standing(None, str(over))
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[key] = (time.monotonic() + REMEMBERED, found)
        return found

    async def end(self, key: str) -> None:
        """Sign out, here and on every replica."""
        await to_thread.run_sync(self._store().people.sign_out, key)
        self._kept.pop(key, None)
