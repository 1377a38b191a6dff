"""Stored datasets: published once, never changed, opened with the rights of whoever asks."""

import contextlib
import json
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from nrr_core.dataset import MODEL_FILE, Dataset
from nrr_core.engines import open_dataset
from nrr_core.errors import AccessError, StoreError
from nrr_core.model.canonical import RECIPE_FILE, TABLES, Part, Recipe, rebuild
from nrr_core.settings import Settings
from nrr_core.stamp import VERSION
from nrr_core.store import tables
from nrr_core.store.access import NOT_HERE, Actor, Membership, require
from nrr_core.store.audit import record
from nrr_core.store.catalogue import Catalogue, new_id, now
from nrr_core.store.files import Files, discard, told

__all__ = ["Datasets", "Draft", "Held", "Raw"]

_NAME = 200


@dataclass(frozen=True, slots=True)
class Raw:
    """An uploaded file as it was: the name it came with, its hash and its size."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Draft:
    """An import that is not published yet: its folder (model and canonical tables) and the files it was read from."""

    folder: Path
    raw: tuple[Raw, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """One version of a stored dataset, as the catalogue knows it."""

    dataset_id: str
    workspace_id: str
    name: str
    snapshot: bool
    number: int
    latest: int
    sha256: str
    first_month: str
    last_month: str
    accounts: int
    rows_accepted: int
    rows_quarantined: int
    sum_accepted: str
    created_by: str
    created_at: datetime

    @property
    def label(self) -> str:
        """Name and version, for people."""
        return f"{self.name}, version {self.number}"


class Datasets:
    """The repository of datasets. Every method asks for the actor first."""

    def __init__(self, catalogue: Catalogue, files: Files, settings: Settings) -> None:
        self._catalogue = catalogue
        self._files = files
        self._settings = settings
        self._building: dict[str, threading.Lock] = {}
        self._verified: set[str] = set()
        self._guard = threading.Lock()

    # --- publish ------------------------------------------------------------------------------------------------

    @told()
    def keep_raw(self, actor: Actor, workspace_id: str, name: str, source: Path | bytes) -> Raw:
        """Keep an upload's bytes before anything reads them; they are swept if nothing is published from them."""
        require(actor, workspace_id, "publish")
        digest = self._files.put(source, self._files.raw)
        return Raw(name[:_NAME], digest, (self._files.raw / digest).stat().st_size)

    @told()
    def publish(
        self, actor: Actor, workspace_id: str, draft: Draft, *, name: str, dataset_id: str | None = None, closed_changes: bool = False
    ) -> Held:
        """Make a draft the newest version of a dataset, or the first version of a new one.

        The files are durable before the catalogue names them, and the version and its audit row are one transaction:
        when this returns, the version would survive a power cut. The same content again gives the version there is.
        ``closed_changes``: somebody confirmed that figures of closed months change; the audit row says so.

        Raises
        ------
        AccessError
            The actor may not publish here, or the dataset is not here.
        StoreError
            The files or the catalogue could not be written; nothing has changed.

        """
        require(actor, workspace_id, "publish")
        name = _named(name)
        recipe = json.loads((draft.folder / "canonical" / RECIPE_FILE).read_text(encoding="utf-8"))
        recipe["facts"]["name"] = name
        told = {"closed months": "changed, confirmed"} if closed_changes else None
        return self._publish(actor, workspace_id, draft, name=name, dataset_id=dataset_id, recipe=recipe, snapshot=False, told=told)

    def _publish(
        self, actor: Actor, workspace_id: str, draft: Draft, *, name: str, dataset_id: str | None, recipe: dict[str, Any], snapshot: bool,
        told: Mapping[str, str] | None = None,
    ) -> Held:  # fmt: skip
        for one in draft.raw:
            self._files.verified(one.sha256, self._files.raw)
        kept = {
            table: self._files.put(path, self._files.canonical)
            for table in TABLES
            if (path := draft.folder / "canonical" / f"{table}.parquet").is_file()
        }
        report = recipe["facts"]["report"]
        summary = _summary(draft.folder)
        with self._catalogue.write() as con:
            dataset_id, number = self._place(con, actor, workspace_id, name=name, dataset_id=dataset_id, snapshot=snapshot)
            same = self._newest(con, dataset_id)
            if same is not None and same.sha256 == recipe["facts"]["sha256"]:
                return self._held(con, actor, dataset_id, None)
            con.execute(
                tables.versions.insert().values(
                    dataset_id=dataset_id, number=number, sha256=recipe["facts"]["sha256"], rows_accepted=report["rows_accepted"],
                    rows_quarantined=report["rows_quarantined"], sum_accepted=report["sum_accepted"], tables=kept, recipe=recipe,
                    raw=[{"name": r.name, "sha256": r.sha256, "bytes": r.size} for r in draft.raw],
                    created_by=actor.user_id, created_at=now(), **summary,
                )
            )  # fmt: skip
            record(
                con, actor, "snapshot" if snapshot else "publish", workspace_id=workspace_id, target=dataset_id,
                detail={"name": name, "version": number, **(told or {})},
            )  # fmt: skip
            held = self._held(con, actor, dataset_id, number)
        self._seed(draft.folder, _key(held.sha256, kept))
        return held

    def _seed(self, folder: Path, key: str) -> None:
        """Let the model that the import has just built serve as the cache; without it, it is built when first opened."""
        with contextlib.suppress(OSError, StoreError):  # the version is saved: whatever happens here does not change that
            made = self._files.scratch()
            try:
                (made / MODEL_FILE).hardlink_to(folder / MODEL_FILE)
                self._files.move_to_cache(made, key)
            finally:
                discard(made)

    def _place(
        self, con: sa.Connection, actor: Actor, workspace_id: str, *, name: str, dataset_id: str | None, snapshot: bool
    ) -> tuple[str, int]:
        """The dataset's id and the next version's number; makes the dataset where it is new."""
        if dataset_id is None:
            dataset_id = new_id()
            con.execute(
                tables.datasets.insert().values(
                    id=dataset_id, workspace_id=workspace_id, name=name, snapshot=snapshot, created_by=actor.user_id, created_at=now()
                )
            )
            return dataset_id, 1
        asked = (
            sa.select(tables.datasets.c.workspace_id, tables.datasets.c.snapshot)
            .where(tables.datasets.c.id == dataset_id, tables.datasets.c.deleted_at.is_(None))
            .with_for_update()  # one publisher at a time; SQLite's writers take turns anyway
        )
        found = con.execute(asked).first()
        if found is None or found.workspace_id != workspace_id or found.snapshot != snapshot:
            raise AccessError(NOT_HERE)
        newest = self._newest(con, dataset_id)
        return dataset_id, 1 if newest is None else newest.number + 1

    @staticmethod
    def _newest(con: sa.Connection, dataset_id: str) -> Any:
        held = tables.versions
        return con.execute(
            sa.select(held.c.number, held.c.sha256).where(held.c.dataset_id == dataset_id).order_by(held.c.number.desc()).limit(1)
        ).first()

    # --- look ---------------------------------------------------------------------------------------------------

    def listed(self, actor: Actor, workspace_id: str) -> list[Held]:
        """The newest version of every dataset of a workspace, newest first."""
        require(actor, workspace_id, "read")
        sets = tables.datasets
        asked = sa.select(sets.c.id).where(sets.c.workspace_id == workspace_id, sets.c.deleted_at.is_(None))
        with self._catalogue.read() as con:
            found = [self._held(con, actor, one, None) for one in con.execute(asked).scalars().all()]
        return sorted(found, key=lambda held: held.created_at, reverse=True)

    def get(self, actor: Actor, dataset_id: str, number: int | None = None, *, linked: bool = False) -> Held:
        """A version (default: the newest) for somebody who may see it; ``linked``: a link that holds leads here.

        Raises
        ------
        AccessError
            There is no such version, or not for this actor: the words are the same.

        """
        with self._catalogue.read() as con:
            return self._held(con, actor, dataset_id, number, linked=linked)

    def numbers(self, actor: Actor, dataset_id: str, *, linked: bool = False) -> list[Held]:
        """Every version of a dataset, newest first."""
        newest = self.get(actor, dataset_id, linked=linked)
        older = [self.get(actor, dataset_id, n, linked=linked) for n in range(newest.number - 1, 0, -1)]
        return [newest, *older]

    def _held(self, con: sa.Connection, actor: Actor, dataset_id: str, number: int | None, *, linked: bool = False) -> Held:
        sets, held = tables.datasets, tables.versions
        latest = sa.select(sa.func.max(held.c.number)).where(held.c.dataset_id == dataset_id).scalar_subquery()
        asked = (
            sa.select(
                sets.c.workspace_id, sets.c.name, sets.c.snapshot, latest.label("latest"),
                *(held.c[c] for c in ("dataset_id", "number", "sha256", "first_month", "last_month", "accounts", "rows_accepted",
                                      "rows_quarantined", "sum_accepted", "created_by", "created_at")),
            )
            .join(held, held.c.dataset_id == sets.c.id)
            .where(sets.c.id == dataset_id, sets.c.deleted_at.is_(None), held.c.number == (latest if number is None else number))
        )  # fmt: skip
        row = con.execute(asked).first()
        if row is None:
            raise AccessError(NOT_HERE)
        if not (row.snapshot and linked):
            require(actor, row.workspace_id, "read")
        return Held(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name

    # --- open ---------------------------------------------------------------------------------------------------

    def part_of(self, actor: Actor, held: Held) -> tuple[str, str] | None:
        """The row rule for this actor on this dataset: dimension and segment, or None for all accounts."""
        member = actor.member(held.workspace_id)
        return member.rule if member is not None and not held.snapshot else None

    @told()
    def open(self, actor: Actor, held: Held, *, linked: bool = False) -> Dataset:
        """The dataset as this actor may see it. What the row rule hides is not in the opened model at all.

        Raises
        ------
        AccessError
            The actor may not see it, or none of its accounts are theirs.
        StoreError
            A stored file is missing or damaged.

        """
        held = self.get(actor, held.dataset_id, held.number, linked=linked)
        recipe, files = self._stored(held)
        rule = self.part_of(actor, held)
        part = None if rule is None else _own_part(recipe, held, *rule)
        scope = f"{held.workspace_id}/{held.dataset_id}@{held.number}" + ("" if rule is None else f"/{rule[0]}={rule[1]}")
        folder = self._model(files, recipe, part)
        try:
            return open_dataset(folder, name=held.label, scope=scope)
        except StoreError:  # a damaged cache is worth nothing: the files, whose bytes have been compared, are the record
            discard(folder)
            return open_dataset(self._model(files, recipe, part), name=held.label, scope=scope)

    def _stored(self, held: Held) -> tuple[Recipe, dict[str, Path]]:
        """Recipe and files of a version; the files' bytes are checked once per process."""
        row = tables.versions
        asked = sa.select(row.c.recipe, row.c.tables).where(row.c.dataset_id == held.dataset_id, row.c.number == held.number)
        with self._catalogue.read() as con:
            found = con.execute(asked).one()
        files = {}
        for table, digest in found.tables.items():
            path = self._files.canonical / digest
            files[table] = path if digest in self._verified else self._files.verified(digest, self._files.canonical)
            self._verified.add(digest)
        return Recipe.from_dict(found.recipe), files

    def _model(self, files: Mapping[str, Path], recipe: Recipe, part: Part | None) -> Path:
        """The folder of the built model: from the cache, or built now from the canonical files."""
        key = _key(recipe.facts["sha256"], {table: path.name for table, path in files.items()}, part)
        with self._guard:
            lock = self._building.setdefault(key, threading.Lock())
        with lock:
            place = self._files.cache / key
            if not (place / MODEL_FILE).is_file():
                discard(place)
                made = self._files.scratch()
                try:
                    rebuild(files, recipe, made, part=part)
                    place = self._files.move_to_cache(made, key)
                finally:
                    discard(made)
            return place

    # --- change -------------------------------------------------------------------------------------------------

    def rename(self, actor: Actor, dataset_id: str, name: str) -> None:
        """Give a dataset another name; its versions and links stay as they are."""
        held = self.get(actor, dataset_id)
        require(actor, held.workspace_id, "publish")
        with self._catalogue.write() as con:
            con.execute(tables.datasets.update().where(tables.datasets.c.id == dataset_id).values(name=_named(name)))
            record(con, actor, "rename", workspace_id=held.workspace_id, target=dataset_id, detail={"name": _named(name)})

    def delete(self, actor: Actor, dataset_id: str) -> None:
        """Take a dataset with all versions out of sight at once; its files go some days later, at a start of the app."""
        held = self.get(actor, dataset_id)
        require(actor, held.workspace_id, "delete")
        with self._catalogue.write() as con:
            con.execute(tables.datasets.update().where(tables.datasets.c.id == dataset_id).values(deleted_at=now()))
            record(con, actor, "delete", workspace_id=held.workspace_id, target=dataset_id, detail={"name": held.name})

    @told()
    def snapshot(self, actor: Actor, held: Held, *, name: str, keep: Sequence[str]) -> Held:
        """A copy without account names for wider audiences: pseudonyms, only the dimensions in ``keep``, no quoted rows.

        Whoever may sign in can read it through a link; the copy never changes and says nothing about who is who.
        """
        held = self.get(actor, held.dataset_id, held.number)
        member: Membership = require(actor, held.workspace_id, "snapshot")
        recipe, files = self._stored(held)
        unknown = [k for k in keep if k not in {c.name for c in recipe.columns}]
        if unknown:
            raise StoreError(f"There is no dimension “{unknown[0]}” to keep.")
        part = Part(
            sha256=sha256(f"{held.sha256}/snapshot/{secrets.token_hex(16)}".encode()).hexdigest(),
            said="a copy with pseudonyms instead of account ids",
            secret=secrets.token_hex(32),
            without=tuple(c.key for c in recipe.columns if c.name not in keep),
        )
        made = self._files.scratch()
        try:
            (made / "canonical").mkdir()
            reduced = rebuild(files, recipe, made, part=part, tables_to=made / "canonical")
            plain = reduced.as_dict()
            plain["facts"]["name"] = _named(name)
            return self._publish(actor, member.workspace_id, Draft(made), name=_named(name), dataset_id=None, recipe=plain, snapshot=True)
        finally:
            discard(made)

    # --- housekeeping -------------------------------------------------------------------------------------------

    def wanted(self) -> tuple[set[str], set[str]]:
        """Raw and canonical files that a version still needs; those of datasets deleted long enough ago are not wanted."""
        sets, held = tables.datasets, tables.versions
        gone = now() - timedelta(days=self._settings.keep_days)
        asked = (
            sa.select(held.c.raw, held.c.tables)
            .join(sets, sets.c.id == held.c.dataset_id)
            .where(sa.or_(sets.c.deleted_at.is_(None), sets.c.deleted_at > gone))
        )
        with self._catalogue.read() as con:
            rows = con.execute(asked).all()
        return {one["sha256"] for row in rows for one in row.raw}, {digest for row in rows for digest in row.tables.values()}


def _named(name: str) -> str:
    name = " ".join(name.split())[:_NAME]
    if not name:
        raise StoreError("A dataset needs a name.")
    return name


def _key(content: str, kept: Mapping[str, str], part: Part | None = None) -> str:
    """Name of a built model in the cache: what it was built from (``content`` covers the choices made), by which version, which part."""
    return sha256(repr((VERSION, content, sorted(kept.items()), part.sha256 if part else "")).encode()).hexdigest()


def _summary(folder: Path) -> dict[str, Any]:
    """Span and accounts of a draft, read from its model."""
    opened = open_dataset(folder)
    return {"first_month": opened.months[0], "last_month": opened.months[-1], "accounts": opened.accounts}


def _own_part(recipe: Recipe, held: Held, dimension: str, segment: str) -> Part:
    """The part of a dataset whose accounts belong to one owner; a dataset without the dimension has none."""
    key = next((c.key for c in recipe.columns if c.name == dimension), None)
    if key is None:
        raise AccessError(f"You see only your own accounts, and this dataset has no column “{dimension}”. Ask an owner of the workspace.")
    return Part(
        sha256=sha256(f"{held.sha256}/{key}/{segment}".encode()).hexdigest(),
        said=f"the accounts whose {dimension} is {segment}",
        keep=(key, segment),
    )
