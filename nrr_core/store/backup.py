"""Backup: one moment of the catalogue and every file it names, in one tar that any database can be restored from."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from nrr_core.errors import StoreError
from nrr_core.settings import Settings
from nrr_core.stamp import VERSION
from nrr_core.store.archive import FORM, Manifest, copied, encoded, header, padding, trailer
from nrr_core.store.catalogue import Catalogue, now
from nrr_core.store.files import flush_folder

__all__ = ["Summary", "back_up"]

_REVISION = "alembic_version"


@dataclass(frozen=True, slots=True)
class Summary:
    """What went into a backup, or came out of it."""

    versions: int
    rows: int
    files: int
    size: int

    @classmethod
    def of(cls, manifest: Manifest) -> "Summary":
        """The counts of a manifest."""
        rows = sum(count for count, _ in manifest.tables.values())
        return cls(manifest.tables["versions"][0], rows, len(manifest.files), sum(manifest.files.values()))

    def __str__(self) -> str:
        return f"{self.versions:,} dataset versions, {self.rows:,} catalogue rows, {self.files:,} files, {self.size:,} bytes"


class _Hashing:
    """A stream to write to, which knows the hash of all it was given."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.digest = stream, hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.stream.write(data)
        self.digest.update(data)


def back_up(settings: Settings, target: Path) -> Summary:
    """Write a backup of a store, which may be in use meanwhile. The file appears under its name only when it is whole and durable.

    The catalogue is read in one transaction; the files its rows name never change, so they may be copied afterwards.

    Raises
    ------
    StoreError
        The target exists or can't be written, the store is not there, or a stored file is missing or damaged.

    """
    if target.exists():
        raise StoreError(f"{target} exists. A backup never replaces a file: choose another name, such as one with the date.")
    catalogue = Catalogue(settings.database_url)
    try:
        revision = _revision(settings, catalogue)
        with _beside(target) as stream, tempfile.TemporaryDirectory(prefix="nrr-backup-") as spool:
            tables, named = _tables(catalogue, Path(spool))
            files = {
                name: size for name, optional in named.items() if (size := _size(settings.folder / name, optional=optional)) is not None
            }
            manifest = Manifest(FORM, VERSION, revision, now().isoformat(timespec="seconds"), tables, files)
            _write(stream, manifest, Path(spool), settings.folder)
    finally:
        catalogue.close()
    return Summary.of(manifest)


def _revision(settings: Settings, catalogue: Catalogue) -> str:
    if catalogue.sqlite and not Path(sa.make_url(settings.database_url).database or "").is_file():
        raise StoreError(f"There is no store in {settings.folder}. Set NRR_DATA to its folder.")
    revision = catalogue.revision()
    if revision is None:
        raise StoreError("The catalogue's database is empty: there is nothing to back up.")
    return revision


@contextmanager
def _beside(target: Path) -> Iterator[IO[bytes]]:
    """A file beside the target that takes its name once everything is written and flushed."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    except OSError as error:
        raise StoreError(f"The backup can't be written to {target.parent}: {error.strerror}.") from error
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.link(name, target)  # unlike a rename, it never replaces a file that came in between
        flush_folder(target.parent)
    except OSError as error:
        raise StoreError(f"The backup could not be written: {error.strerror}. Free some space, then try again.") from error
    finally:
        Path(name).unlink(missing_ok=True)


def _tables(catalogue: Catalogue, spool: Path) -> tuple[dict[str, tuple[int, str]], dict[str, bool]]:
    """Every table as JSON lines in a folder; returns rows and hash of each, and the files they name (True: may be gone)."""
    counts: dict[str, tuple[int, str]] = {}
    named: dict[str, bool] = {}
    with catalogue.snapshot() as con:
        held = sa.MetaData()
        held.reflect(con)
        deleted = {row.id for row in con.execute(sa.text("select id from datasets where deleted_at is not null"))}
        for table in held.sorted_tables:
            if table.name == _REVISION:
                continue
            rows, digest = 0, hashlib.sha256()
            with (spool / table.name).open("wb") as stream:
                for row in con.execution_options(yield_per=200).execute(sa.select(table).order_by(*table.primary_key.columns)).mappings():
                    line = json.dumps({name: encoded(value) for name, value in row.items()}).encode() + b"\n"
                    stream.write(line)
                    digest.update(line)
                    rows += 1
                    if table.name == "versions":
                        _name(row, named, gone=row["dataset_id"] in deleted)
            counts[table.name] = rows, digest.hexdigest()
    return counts, named


def _name(row: Any, named: dict[str, bool], *, gone: bool) -> None:
    """Add a version's files; one that any dataset still in use needs must be there."""
    for name in (*(f"raw/{one['sha256']}" for one in row["raw"]), *(f"canonical/{digest}" for digest in row["tables"].values())):
        named[name] = gone and named.get(name, True)


def _size(path: Path, *, optional: bool) -> int | None:
    """Size of a stored file; None for one that the sweep has taken, of a dataset that was deleted long ago."""
    try:
        return path.stat().st_size
    except FileNotFoundError as error:
        if optional:
            return None
        raise StoreError(f"A stored file is missing ({path.name[:12]}). Restore it from an older backup.") from error


def _write(stream: IO[bytes], manifest: Manifest, spool: Path, folder: Path) -> None:
    """Write the members in order, each file compared with its name on the way."""
    into: Any = _Hashing(stream)
    text = json.dumps(manifest.as_dict()).encode()
    into.write(header("manifest.json", len(text)) + text + padding(len(text)))
    for name in manifest.tables:
        _member(into, f"catalogue/{name}.jsonl", spool / name, manifest.tables[name][1])
    for name in manifest.files:
        _member(into, name, folder / name, Path(name).name)
    stream.write(trailer(into.digest.hexdigest()))


def _member(into: Any, name: str, path: Path, expected: str) -> None:
    size, digest = path.stat().st_size, hashlib.sha256()
    into.write(header(name, size))
    with path.open("rb") as source:
        copied(source, into, digest)
    into.write(padding(size))
    if digest.hexdigest() != expected:
        raise StoreError(f"A stored file is damaged ({expected[:12]}): its bytes have changed. Restore it from an older backup.")
