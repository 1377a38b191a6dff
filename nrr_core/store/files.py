"""Files that last: named by their sha256, written beside, flushed, renamed, and the folder flushed, in that order."""

import contextlib
import errno
import hashlib
import io
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from nrr_core.errors import StoreError

__all__ = ["Files", "flush_folder", "sha256_of", "told"]

_CHUNK = 1 << 20
_TEMPORARY_HOURS = 24.0  # a running import is never older


def sha256_of(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def told() -> Iterator[None]:
    """An error of the disk, in words."""
    try:
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        hint = "Free some space, then try again." if full else "Try again; if it stays like this, look at the disk of the data folder."
        raise StoreError(f"The data folder could not be used: {error.strerror or error}. Nothing was changed. {hint}") from error


def discard(folder: Path) -> None:
    """Remove work in progress as far as the disk lets it; the sweep takes the rest."""
    with contextlib.suppress(OSError):  # what rmtree ignores leaves out that a folder can't be closed
        shutil.rmtree(folder, ignore_errors=True)


class Files:
    """The store's folder: ``raw`` uploads and ``canonical`` tables by content, ``cache`` and ``tmp`` that may be deleted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.raw, self.canonical, self.cache, self.tmp = (folder / name for name in ("raw", "canonical", "cache", "tmp"))
        _make_folder(folder)
        for place in (self.raw, self.canonical, self.cache, self.tmp):
            place.mkdir(exist_ok=True, mode=0o700)
        flush_folder(folder)

    def put(self, source: Path | bytes | IO[bytes], place: Path) -> str:
        """Keep bytes in ``raw`` or ``canonical``; returns their sha256 once they would survive a power cut."""
        beside = None
        with told():
            try:
                handle, name = tempfile.mkstemp(prefix="put-", dir=self.tmp)
                beside = Path(name)
                with os.fdopen(handle, "wb") as target:
                    digest = _copy(source, target)
                    target.flush()
                    os.fsync(target.fileno())
                beside.replace(place / digest)
                flush_folder(place)
            except OSError:
                if beside is not None:
                    with contextlib.suppress(OSError):  # the disk may refuse this as well; then the sweep does it
                        beside.unlink(missing_ok=True)
                raise
        return digest

    def verified(self, digest: str, place: Path) -> Path:
        """The path of a kept file, after its bytes have been compared with their name.

        Raises
        ------
        StoreError
            The file is missing, or its bytes are no longer what was stored.

        """
        path = place / digest
        if not path.is_file():
            raise StoreError(f"A stored file is missing ({digest[:12]}). Restore it from a backup.")
        if sha256_of(path) != digest:
            raise StoreError(f"A stored file is damaged ({digest[:12]}): its bytes have changed. Restore it from a backup.")
        return path

    @told()
    def scratch(self) -> Path:
        """A new private folder for work in progress; the sweep removes what is left behind."""
        return Path(tempfile.mkdtemp(prefix="work-", dir=self.tmp))

    def move_to_cache(self, made: Path, key: str) -> Path:
        """Put a folder that was made in ``tmp`` into the cache; the first one wins where two made the same."""
        place = self.cache / key
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            made.rename(place)
        except OSError:
            if not place.is_dir():
                raise
            discard(made)
        return place

    def sweep(self, *, raw: Iterable[str], canonical: Iterable[str], hours: float = _TEMPORARY_HOURS) -> int:
        """Remove what nothing refers to: work in progress and kept files older than ``hours``. Returns how many.

        A file without a catalogue row belongs to a publish that never ended, or has not ended yet, so young ones stay.
        """
        before = time.time() - hours * 3600
        gone = 0
        for place, wanted in ((self.raw, set(raw)), (self.canonical, set(canonical)), (self.tmp, set[str]())):
            for path in place.iterdir():
                if path.name in wanted or path.stat().st_mtime > before:
                    continue
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
                gone += 1
        return gone


def _copy(source: Path | bytes | IO[bytes], target: IO[bytes]) -> str:
    if isinstance(source, Path):
        with source.open("rb") as opened:
            return _copy(opened, target)
    stream: IO[bytes] = io.BytesIO(source) if isinstance(source, bytes) else source
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, so that their names would survive a power cut, too.

    The folder above is flushed even where nothing is missing: the start that made this one may have ended before it did that.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for place in reversed(missing):
        flush_folder(place.parent)
    if not missing and os.access(folder.parent, os.R_OK):
        flush_folder(folder.parent)


def flush_folder(folder: Path) -> None:
    """Make the folder's entries durable; where folders cannot be opened, renames are durable by themselves."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
