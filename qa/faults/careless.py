"""Stores with one protection taken away, for the controls."""

from pathlib import Path
from typing import IO

import sqlalchemy as sa

from nrr_core.store import Store
from nrr_core.store.files import Files, sha256_of

__all__ = ["RowsFirst", "weaken"]


class RowsFirst(Files):
    """Canonical files that are written only after the catalogue has named them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._late: list[Path] = []

    def put(self, source: Path | bytes | IO[bytes], place: Path) -> str:
        """Remember a canonical file and keep it later."""
        if place != self.canonical or not isinstance(source, Path):
            return super().put(source, place)
        self._late.append(source)
        return sha256_of(source)

    def write(self) -> None:
        """Keep what was remembered."""
        for source in self._late:
            super().put(source, self.canonical)
        self._late.clear()


def weaken(store: Store, synchronous: str) -> None:
    """Let every further connection of a SQLite catalogue be less careful."""
    sa.event.listen(store.catalogue.engine, "connect", lambda raw, _: raw.execute(f"pragma synchronous={synchronous}").close())
    store.catalogue.engine.dispose()
