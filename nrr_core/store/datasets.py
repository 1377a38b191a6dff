"""Stored datasets: published once, never changed, opened with the rights of whoever asks."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from nrr_core.dataset import Dataset
from nrr_core.engines import open_dataset
from nrr_core.errors import StoreError
from nrr_core.model.canonical import RECIPE_FILE, TABLES, Recipe, rebuild
from nrr_core.store import parts, tables, versions
from nrr_core.store.access import Actor, require
from nrr_core.store.audit import record
from nrr_core.store.catalogue import Catalogue, now
from nrr_core.store.files import Files, discard, told
from nrr_core.store.model_cache import ModelCache
from nrr_core.store.versions import Held, Raw

__all__ = ["Datasets", "Draft"]

_NAME = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """An import that is not published yet: its folder (model and canonical tables) and the files it was read from."""

    folder: Path
    raw: tuple[Raw, ...] = ()


class Datasets:
    """The repository of datasets. Every method asks for the actor first."""

    def __init__(self, catalogue: Catalogue, files: Files) -> None:
        self._catalogue = catalogue
        self._files = files
        self._models = ModelCache(files)

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
        detail = {"closed months": "changed, confirmed"} if closed_changes else None
        return self._publish(actor, workspace_id, draft, name=name, dataset_id=dataset_id, recipe=recipe, snapshot=False, detail=detail)

    @told()
    def snapshot(self, actor: Actor, held: Held, *, name: str, keep: Sequence[str]) -> Held:
        """A copy without account names for wider audiences: pseudonyms, only the dimensions in ``keep``, no quoted rows.

        Whoever may sign in can read it through a link; the copy never changes and says nothing about who is who.
        """
        held = self.get(actor, held.dataset_id, held.number)
        member = require(actor, held.workspace_id, "snapshot")
        recipe, files = self._stored(held)
        part = parts.pseudonymous(recipe, keep)
        made = self._files.scratch()
        try:
            (made / "canonical").mkdir()
            plain = rebuild(files, recipe, made, part=part, tables_to=made / "canonical").as_dict()
            plain["facts"]["name"] = _named(name)
            return self._publish(actor, member.workspace_id, Draft(made), name=_named(name), dataset_id=None, recipe=plain, snapshot=True)
        finally:
            discard(made)

    def _publish(
        self, actor: Actor, workspace_id: str, draft: Draft, *, name: str, dataset_id: str | None, recipe: Mapping[str, Any],
        snapshot: bool, detail: Mapping[str, str] | None = None,
    ) -> Held:  # fmt: skip
        for one in draft.raw:
            self._files.verified(one.sha256, self._files.raw)
        kept = {
            table: self._files.put(path, self._files.canonical)
            for table in TABLES
            if (path := draft.folder / "canonical" / f"{table}.parquet").is_file()
        }
        span, content = _span(draft.folder), recipe["facts"]["sha256"]
        with self._catalogue.write() as con:
            dataset_id, number, newest = versions.place(con, actor, workspace_id, name=name, dataset_id=dataset_id, snapshot=snapshot)
            if newest == content:
                return versions.held(con, actor, dataset_id)
            versions.add(con, actor, dataset_id, number, recipe=recipe, kept=kept, raw=draft.raw, span=span)
            record(
                con, actor, "snapshot" if snapshot else "publish", workspace_id=workspace_id, target=dataset_id,
                detail={"name": name, "version": number, **(detail or {})},
            )  # fmt: skip
            held = versions.held(con, actor, dataset_id, number)
        self._models.seed(draft.folder, content, kept)
        return held

    # --- look ---------------------------------------------------------------------------------------------------

    def listed(self, actor: Actor, workspace_id: str) -> list[Held]:
        """The newest version of every dataset of a workspace, newest first."""
        require(actor, workspace_id, "read")
        sets = tables.datasets
        asked = sa.select(sets.c.id).where(sets.c.workspace_id == workspace_id, sets.c.deleted_at.is_(None))
        with self._catalogue.read() as con:
            found = [versions.held(con, actor, one) for one in con.execute(asked).scalars().all()]
        return sorted(found, key=lambda held: held.created_at, reverse=True)

    def get(self, actor: Actor, dataset_id: str, number: int | None = None, *, linked: bool = False) -> Held:
        """A version (default: the newest) for somebody who may see it; ``linked``: a link that holds leads here.

        Raises
        ------
        AccessError
            There is no such version, or not for this actor: the words are the same.

        """
        with self._catalogue.read() as con:
            return versions.held(con, actor, dataset_id, number, linked=linked)

    def numbers(self, actor: Actor, dataset_id: str, *, linked: bool = False) -> list[Held]:
        """Every version of a dataset, newest first."""
        newest = self.get(actor, dataset_id, linked=linked)
        older = [self.get(actor, dataset_id, n, linked=linked) for n in range(newest.number - 1, 0, -1)]
        return [newest, *older]

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
        part = None if rule is None else parts.own(recipe, *rule)
        scope = f"{held.workspace_id}/{held.dataset_id}@{held.number}" + ("" if rule is None else f"/{rule[0]}={rule[1]}")
        return self._models.open(files, recipe, part, name=held.label, scope=scope)

    def _stored(self, held: Held) -> tuple[Recipe, dict[str, Path]]:
        """Recipe and canonical files of a version."""
        with self._catalogue.read() as con:
            recipe, kept = versions.contents(con, held)
        return recipe, self._models.tables(kept)

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


def _named(name: str) -> str:
    name = " ".join(name.split())[:_NAME]
    if not name:
        raise StoreError("A dataset needs a name.")
    return name


def _span(folder: Path) -> dict[str, Any]:
    """Months and accounts of a draft, read from its model."""
    opened = open_dataset(folder)
    return {"first_month": opened.months[0], "last_month": opened.months[-1], "accounts": opened.accounts}
