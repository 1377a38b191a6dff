"""Documents: scenarios, cards, targets, closed periods and saved views, with nobody's edit overwritten."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from nrr_core.errors import AccessError, ConflictError, StoreError
from nrr_core.store import tables
from nrr_core.store.access import NOT_HERE, Actor, require
from nrr_core.store.audit import record
from nrr_core.store.catalogue import Catalogue, new_id, now

__all__ = ["KINDS", "Document", "Documents"]

KINDS = ("scenario", "card", "targets", "closed_periods", "view")
_NAMING = ("scenario", "view")  # may name accounts, so nobody who sees only their own reads those of others


@dataclass(frozen=True, slots=True)
class Document:
    """One saved thing. ``version`` counts its saves: give it back when saving, so that a conflict is seen."""

    id: str
    workspace_id: str
    dataset_id: str | None
    kind: str
    name: str
    version: int
    body: Mapping[str, Any]
    saved_by: str
    saved_at: datetime


class Documents:
    """The repository of documents. Every method asks for the actor first."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def create(
        self, actor: Actor, workspace_id: str, kind: str, name: str, body: Mapping[str, Any], *, dataset_id: str | None = None,
        alone: bool = False,
    ) -> Document:  # fmt: skip
        """Save something for the first time.

        Raises
        ------
        ConflictError
            ``alone`` was asked for, and the dataset has a document of that kind already.

        """
        require(actor, workspace_id, "save")
        if kind not in KINDS:
            raise StoreError(f"“{kind}” is not a kind of document. Allowed: {', '.join(KINDS)}.")
        made = Document(new_id(), workspace_id, dataset_id, kind, _named(name), 1, dict(body), actor.user_id, now())
        with self._catalogue.write() as con:
            if dataset_id is not None:
                self._belongs(con, dataset_id, workspace_id)
            if alone:
                self._first(con, dataset_id, kind)
            con.execute(tables.documents.insert().values(**_row(made)))
            self._keep(con, made)
            record(con, actor, "save", workspace_id=workspace_id, target=made.id, detail={"kind": kind, "name": made.name, "version": 1})
        return made

    def save(self, actor: Actor, document_id: str, body: Mapping[str, Any], *, version: int, name: str | None = None) -> Document:
        """Save a change to the version that was read.

        Raises
        ------
        ConflictError
            Somebody saved in between. Nothing was overwritten; ``theirs`` is what is stored now.

        """
        held = tables.documents
        with self._catalogue.write() as con:
            found = self._found(con, actor, document_id, "save")
            made = Document(
                found.id, found.workspace_id, found.dataset_id, found.kind, _named(name or found.name), version + 1, dict(body),
                actor.user_id, now(),
            )  # fmt: skip
            changed = con.execute(
                held.update()
                .where(held.c.id == document_id, held.c.version == version)
                .values(name=made.name, version=made.version, body=dict(body), saved_by=made.saved_by, saved_at=made.saved_at)
            )
            if changed.rowcount != 1:
                raise ConflictError(
                    f"“{found.name}” was saved by somebody else in the meantime (version {found.version}; yours began at {version}). "
                    "Nothing was overwritten. Compare both, then save yours again under the new version or a new name.",
                    theirs=found,
                )
            self._keep(con, made)
            record(
                con, actor, "save", workspace_id=made.workspace_id, target=made.id,
                detail={"kind": made.kind, "name": made.name, "version": made.version},
            )  # fmt: skip
        return made

    def get(self, actor: Actor, document_id: str) -> Document:
        """One document as it is now."""
        with self._catalogue.read() as con:
            return self._found(con, actor, document_id, "read")

    def listed(self, actor: Actor, workspace_id: str, kind: str, *, dataset_id: str | None = None) -> list[Document]:
        """The documents of a kind, by name; with ``dataset_id`` only those of that dataset."""
        if require(actor, workspace_id, "read").rule is not None and kind in _NAMING:
            return []
        held = tables.documents
        asked = sa.select(held).where(held.c.workspace_id == workspace_id, held.c.kind == kind, held.c.deleted_at.is_(None))
        if dataset_id is not None:
            asked = asked.where(held.c.dataset_id == dataset_id)
        with self._catalogue.read() as con:
            return [_document(row) for row in con.execute(asked.order_by(held.c.name)).all()]

    def history(self, actor: Actor, document_id: str) -> list[tuple[int, str, datetime, Mapping[str, Any]]]:
        """Every save, newest first: version, who, when, body."""
        past = tables.document_versions
        with self._catalogue.read() as con:
            self._found(con, actor, document_id, "read")
            rows = con.execute(sa.select(past).where(past.c.document_id == document_id).order_by(past.c.version.desc())).all()
        return [(r.version, r.saved_by, r.saved_at, r.body) for r in rows]

    def delete(self, actor: Actor, document_id: str) -> None:
        """Take a document out of sight; its history stays in the catalogue."""
        held = tables.documents
        with self._catalogue.write() as con:
            found = self._found(con, actor, document_id, "save")
            con.execute(held.update().where(held.c.id == document_id).values(deleted_at=now()))
            record(
                con, actor, "delete", workspace_id=found.workspace_id, target=document_id, detail={"kind": found.kind, "name": found.name}
            )

    @staticmethod
    def _found(con: sa.Connection, actor: Actor, document_id: str, action: str) -> Document:
        held = tables.documents
        row = con.execute(sa.select(held).where(held.c.id == document_id, held.c.deleted_at.is_(None))).first()
        if row is None:
            raise AccessError(NOT_HERE)
        if require(actor, row.workspace_id, action).rule is not None and row.kind in _NAMING:
            raise AccessError(NOT_HERE)
        return _document(row)

    @staticmethod
    def _belongs(con: sa.Connection, dataset_id: str, workspace_id: str) -> None:
        sets = tables.datasets
        asked = sa.select(sets.c.workspace_id).where(sets.c.id == dataset_id).with_for_update()  # one writer about a dataset at a time
        if con.execute(asked).scalar() != workspace_id:
            raise AccessError(NOT_HERE)

    @staticmethod
    def _first(con: sa.Connection, dataset_id: str | None, kind: str) -> None:
        held = tables.documents
        asked = sa.select(held).where(held.c.dataset_id == dataset_id, held.c.kind == kind, held.c.deleted_at.is_(None))
        row = con.execute(asked).first()
        if row is not None:
            raise ConflictError(
                "Somebody else saved this in the meantime. Nothing was overwritten. Look again, then save.", theirs=_document(row)
            )

    @staticmethod
    def _keep(con: sa.Connection, made: Document) -> None:
        con.execute(
            tables.document_versions.insert().values(
                document_id=made.id, version=made.version, name=made.name, body=dict(made.body), saved_by=made.saved_by,
                saved_at=made.saved_at,
            )
        )  # fmt: skip


def _row(made: Document) -> dict[str, Any]:
    return {name: getattr(made, name) for name in Document.__dataclass_fields__}


def _document(row: Any) -> Document:
    return Document(**{name: getattr(row, name) for name in Document.__dataclass_fields__})


def _named(name: str) -> str:
    name = " ".join(name.split())[:200]
    if not name:
        raise StoreError("It needs a name.")
    return name
