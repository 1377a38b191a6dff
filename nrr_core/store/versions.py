"""Versions of datasets as the catalogue keeps them: rows read and added in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from nrr_core.errors import AccessError
from nrr_core.model.canonical import Recipe
from nrr_core.store import tables
from nrr_core.store.access import NOT_HERE, Actor, require
from nrr_core.store.catalogue import new_id, now

__all__ = ["Held", "Raw", "add", "contents", "held", "place", "wanted"]


@dataclass(frozen=True, slots=True)
class Raw:
    """An uploaded file as it was: the name it came with, its hash and its size."""

    name: str
    sha256: str
    size: int


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


def place(
    con: sa.Connection, actor: Actor, workspace_id: str, *, name: str, dataset_id: str | None, snapshot: bool
) -> tuple[str, int, str | None]:
    """Where the next version goes: the dataset's id, the version's number, and the hash of the newest one so far.

    Makes the dataset where it is new.
    """
    sets, rows = tables.datasets, tables.versions
    if dataset_id is None:
        dataset_id = new_id()
        con.execute(
            sets.insert().values(
                id=dataset_id, workspace_id=workspace_id, name=name, snapshot=snapshot, created_by=actor.user_id, created_at=now()
            )
        )
        return dataset_id, 1, None
    asked = (
        sa.select(sets.c.workspace_id, sets.c.snapshot)
        .where(sets.c.id == dataset_id, sets.c.deleted_at.is_(None))
        .with_for_update()  # one publisher at a time; SQLite's writers take turns anyway
    )
    found = con.execute(asked).first()
    if found is None or found.workspace_id != workspace_id or found.snapshot != snapshot:
        raise AccessError(NOT_HERE)
    newest = con.execute(
        sa.select(rows.c.number, rows.c.sha256).where(rows.c.dataset_id == dataset_id).order_by(rows.c.number.desc()).limit(1)
    ).first()
    return (dataset_id, 1, None) if newest is None else (dataset_id, newest.number + 1, newest.sha256)


def add(
    con: sa.Connection, actor: Actor, dataset_id: str, number: int, *, recipe: Mapping[str, Any], kept: Mapping[str, str],
    raw: Sequence[Raw], span: Mapping[str, Any],
) -> None:  # fmt: skip
    """Name a version's files, by table and hash, and all that it is opened with."""
    report = recipe["facts"]["report"]
    con.execute(
        tables.versions.insert().values(
            dataset_id=dataset_id, number=number, sha256=recipe["facts"]["sha256"], rows_accepted=report["rows_accepted"],
            rows_quarantined=report["rows_quarantined"], sum_accepted=report["sum_accepted"], tables=kept, recipe=recipe,
            raw=[{"name": r.name, "sha256": r.sha256, "bytes": r.size} for r in raw], created_by=actor.user_id, created_at=now(), **span,
        )
    )  # fmt: skip


def held(con: sa.Connection, actor: Actor, dataset_id: str, number: int | None = None, *, linked: bool = False) -> Held:
    """A version (default: the newest) for somebody who may see it; ``linked``: a link that holds leads here."""
    sets, rows = tables.datasets, tables.versions
    latest = sa.select(sa.func.max(rows.c.number)).where(rows.c.dataset_id == dataset_id).scalar_subquery()
    asked = (
        sa.select(
            sets.c.workspace_id, sets.c.name, sets.c.snapshot, latest.label("latest"),
            *(rows.c[c] for c in ("dataset_id", "number", "sha256", "first_month", "last_month", "accounts", "rows_accepted",
                                  "rows_quarantined", "sum_accepted", "created_by", "created_at")),
        )
        .join(rows, rows.c.dataset_id == sets.c.id)
        .where(sets.c.id == dataset_id, sets.c.deleted_at.is_(None), rows.c.number == (latest if number is None else number))
    )  # fmt: skip
    row = con.execute(asked).first()
    if row is None:
        raise AccessError(NOT_HERE)
    if not (row.snapshot and linked):
        require(actor, row.workspace_id, "read")
    return Held(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name


def contents(con: sa.Connection, version: Held) -> tuple[Recipe, dict[str, str]]:
    """What a version is opened with: its recipe, and the hash of each canonical table."""
    rows = tables.versions
    asked = sa.select(rows.c.recipe, rows.c.tables).where(rows.c.dataset_id == version.dataset_id, rows.c.number == version.number)
    found = con.execute(asked).one()
    return Recipe.from_dict(found.recipe), found.tables


def wanted(con: sa.Connection, *, keep_days: float) -> tuple[set[str], set[str]]:
    """Raw and canonical files that a version still needs; those of datasets deleted ``keep_days`` ago are not wanted."""
    sets, rows = tables.datasets, tables.versions
    asked = (
        sa.select(rows.c.raw, rows.c.tables)
        .join(sets, sets.c.id == rows.c.dataset_id)
        .where(sa.or_(sets.c.deleted_at.is_(None), sets.c.deleted_at > now() - timedelta(days=keep_days)))
    )
    found = con.execute(asked).all()
    return {one["sha256"] for row in found for one in row.raw}, {digest for row in found for digest in row.tables.values()}
