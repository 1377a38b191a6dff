"""Models of stored versions in the cache: built from the canonical tables when missing, and never the record."""

import contextlib
import threading
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from nrr_core.dataset import MODEL_FILE, Dataset
from nrr_core.engines import open_dataset
from nrr_core.errors import StoreError
from nrr_core.model.canonical import Part, Recipe, rebuild
from nrr_core.stamp import VERSION
from nrr_core.store.files import Files, discard

__all__ = ["ModelCache"]


class ModelCache:
    """The ``cache`` folder. Threads share it: each model is built once."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._building: dict[str, threading.Lock] = {}
        self._verified: set[str] = set()
        self._guard = threading.Lock()

    def tables(self, kept: Mapping[str, str]) -> dict[str, Path]:
        """The canonical files by table; their bytes are checked once per process."""
        found = {}
        for table, digest in kept.items():
            path = self._files.canonical / digest
            found[table] = path if digest in self._verified else self._files.verified(digest, self._files.canonical)
            self._verified.add(digest)
        return found

    def open(self, tables: Mapping[str, Path], recipe: Recipe, part: Part | None, *, name: str, scope: str) -> Dataset:
        """The dataset that these tables make, or a part of it. What the part leaves out is not in the opened model at all."""
        folder = self.folder(tables, recipe, part)
        try:
            return open_dataset(folder, name=name, scope=scope)
        except StoreError:  # a damaged cache is worth nothing: the files, whose bytes have been compared, are the record
            discard(folder)
            return open_dataset(self.folder(tables, recipe, part), name=name, scope=scope)

    def folder(self, tables: Mapping[str, Path], recipe: Recipe, part: Part | None) -> Path:
        """The folder of the built model: from the cache, or built now."""
        key = _key(recipe.facts["sha256"], {table: path.name for table, path in tables.items()}, part)
        with self._guard:
            lock = self._building.setdefault(key, threading.Lock())
        with lock:
            place = self._files.cache / key
            if not (place / MODEL_FILE).is_file():
                discard(place)
                made = self._files.scratch()
                try:
                    rebuild(tables, recipe, made, part=part)
                    place = self._files.move_to_cache(made, key)
                finally:
                    discard(made)
            return place

    def seed(self, folder: Path, content: str, kept: Mapping[str, str]) -> None:
        """Let the model that an import has just built serve; without it, it is built when first opened."""
        with contextlib.suppress(OSError, StoreError):  # the version is saved: whatever happens here does not change that
            made = self._files.scratch()
            try:
                (made / MODEL_FILE).hardlink_to(folder / MODEL_FILE)
                self._files.move_to_cache(made, _key(content, kept))
            finally:
                discard(made)


def _key(content: str, kept: Mapping[str, str], part: Part | None = None) -> str:
    """Name of a built model: what it was built from (``content`` covers the choices made), by which version, which part."""
    return sha256(repr((VERSION, content, sorted(kept.items()), part.sha256 if part else "")).encode()).hexdigest()
