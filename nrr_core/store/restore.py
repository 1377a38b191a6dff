"""Restore: a backup into an empty store, on whatever database the settings name."""

import hashlib
import json
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from nrr_core.errors import StoreError
from nrr_core.settings import Settings
from nrr_core.store.access import FIRST_WORKSPACE
from nrr_core.store.archive import FORM, KEPT, TABLE, Manifest, check_whole, decoded
from nrr_core.store.backup import Summary
from nrr_core.store.catalogue import Catalogue, now
from nrr_core.store.files import Files

__all__ = ["restore"]

_MANIFEST_BYTES = 64 << 20
_BATCH = 500


def restore(settings: Settings, source: Path) -> Summary:
    """Bring a backup back into an empty store. Files first, then every row in one transaction, then newer migrations.

    Every sign-in that held when the backup was made is ended. Whoever was shut out, and every link or token that was
    withdrawn after the backup, is as it was before: see to them again.

    Raises
    ------
    StoreError
        The backup is damaged, cut off or newer than this version; or the store is not empty. Nothing has changed.

    """
    if not source.is_file():
        raise StoreError(f"There is no file {source}.")
    check_whole(source)
    with tarfile.open(source, mode="r:") as tar:
        manifest = _manifest(tar)
        catalogue = Catalogue(settings.database_url)
        try:
            if manifest.revision not in catalogue.revisions():
                raise StoreError(f"The backup was made by a newer version ({manifest.version}). Install that version, then restore.")
            files = Files(settings.folder)
            _check_empty(catalogue, files, manifest)
            catalogue.migrate(manifest.revision)
            _restore(tar, manifest, catalogue, files)
            catalogue.migrate()
        finally:
            catalogue.close()
    return Summary.of(manifest)


def _manifest(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    stream = tar.extractfile(first) if first is not None and _plain(first) and first.name == "manifest.json" else None
    if first is None or stream is None or first.size > _MANIFEST_BYTES:
        raise StoreError("This is not a backup: it does not begin with a manifest.")
    said = json.loads(stream.read())
    if said.get("form") != FORM:
        raise StoreError(f"The backup has form {said.get('form')}; this version reads form {FORM}. Use the version that wrote it.")
    tables = {name: (int(rows), str(digest)) for name, (rows, digest) in said["tables"].items()}
    return Manifest(FORM, said["version"], said["revision"], said["made"], tables, said["files"])


def _plain(member: tarfile.TarInfo) -> bool:
    """Whether a member is an ordinary file: no link, no device, no sparse file that grows when it is read."""
    return member.type == tarfile.REGTYPE and not member.issparse()


def _check_empty(catalogue: Catalogue, files: Files, manifest: Manifest) -> None:
    """Nothing may be there but what opening a new store makes, or what an interrupted restore of this backup has left."""
    known = set(manifest.files)
    strange = [f"{place.name}/{path.name}" for place in (files.raw, files.canonical) for path in place.iterdir()]
    if any(name not in known for name in strange) or catalogue.revision() not in {None, manifest.revision} or _rows(catalogue):
        raise StoreError(
            "The store is not empty. A restore never mixes with what is there: name an empty folder in NRR_DATA (and an empty database "
            "in NRR_DATABASE, where one is set)."
        )


def _rows(catalogue: Catalogue) -> bool:
    """Whether the catalogue holds anything besides the first workspace of a new store."""
    with catalogue.read() as con:
        held = sa.MetaData()
        held.reflect(con)
        for table in held.sorted_tables:
            if table.name == "alembic_version":
                continue
            asked = sa.select(sa.literal(1)).select_from(table).limit(1)
            if table.name == "workspaces":
                asked = asked.where(table.c.name != FIRST_WORKSPACE)
            if con.execute(asked).first() is not None:
                return True
    return False


def _restore(tar: tarfile.TarFile, manifest: Manifest, catalogue: Catalogue, files: Files) -> None:
    spool = files.scratch()
    try:
        _read(tar, manifest, files, spool)
        _write_tables(catalogue, manifest, spool)
    finally:
        shutil.rmtree(spool, ignore_errors=True)


def _read(tar: tarfile.TarFile, manifest: Manifest, files: Files, spool: Path) -> None:
    """Files as they come, durable one by one; the tables are kept aside until everything has been seen."""
    seen = set[str]()
    for member in tar:
        if member.name in {"manifest.json", "sha256"}:
            continue
        stream = tar.extractfile(member) if _plain(member) else None
        kept, table = KEPT.fullmatch(member.name), TABLE.fullmatch(member.name)
        if stream is not None and kept and member.name in manifest.files:
            if files.put(stream, files.folder / kept[1]) != kept[2]:
                raise StoreError(f"A file in the backup is damaged ({kept[2][:12]}). Take another backup.")
        elif stream is not None and table and table[1] in manifest.tables:
            _keep_table(stream, spool / table[1], manifest.tables[table[1]][1])
        else:
            raise StoreError("The backup holds something that does not belong there. Take another backup.")
        seen.add(member.name)
    if missing := ({*manifest.files, *(f"catalogue/{name}.jsonl" for name in manifest.tables)} - seen):
        raise StoreError(f"The backup is incomplete: {len(missing)} of its members are missing. Take another backup.")


def _keep_table(stream: IO[bytes], target: Path, expected: str) -> None:
    with target.open("wb") as kept:
        digest = hashlib.sha256()
        for line in stream:
            kept.write(line)
            digest.update(line)
    if digest.hexdigest() != expected:
        raise StoreError("The catalogue in the backup is damaged. Take another backup.")


def _write_tables(catalogue: Catalogue, manifest: Manifest, spool: Path) -> None:
    with catalogue.write() as con:
        held = sa.MetaData()
        held.reflect(con)
        con.execute(held.tables["workspaces"].delete())  # the one that opening a new store makes
        for table in held.sorted_tables:
            if table.name in manifest.tables:
                with (spool / table.name).open(encoding="utf-8") as lines:
                    for batch in _batches(lines):
                        con.execute(table.insert(), [{name: decoded(table.c[name], v) for name, v in row.items()} for row in batch])
                _continue_numbers(con, table, sqlite=catalogue.sqlite)
        sessions = held.tables["sessions"]
        ended = now().replace(tzinfo=None)
        con.execute(sessions.update().where(sessions.c.ended_at.is_(None)).values(ended_at=ended, reason="restore"))


def _batches(lines: Iterable[str]) -> Iterator[list[dict[str, Any]]]:
    waiting = iter(lines)
    while some := list(islice(waiting, _BATCH)):
        yield [json.loads(line) for line in some]


def _continue_numbers(con: sa.Connection, table: sa.Table, *, sqlite: bool) -> None:
    """Let the database count on where the restored rows end; SQLite does so by itself."""
    for column in () if sqlite else table.primary_key.columns:
        sequence = con.execute(sa.select(sa.func.pg_get_serial_sequence(table.name, column.name))).scalar()
        if sequence is not None:
            highest = con.execute(sa.select(sa.func.max(column))).scalar()
            con.execute(sa.select(sa.func.setval(sequence, highest or 1, highest is not None)))
