"""Share links: a short random address that reopens a view with the rights of whoever opens it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import AccessError
from nrr_core.store import tables
from nrr_core.store.access import NOT_HERE, Actor, require
from nrr_core.store.audit import record
from nrr_core.store.catalogue import Catalogue, new_id, now
from nrr_core.store.datasets import Datasets

__all__ = ["Link", "Links"]


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it was made. ``version`` None follows new versions; ``dataset_id`` None is the sample data."""

    id: str
    workspace_id: str
    dataset_id: str | None
    version: int | None
    page: str
    parameters: Mapping[str, list[str]]
    card: Mapping[str, Any]
    title: str
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @property
    def holds(self) -> bool:
        """Whether it still opens."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now())


class Links:
    """The repository of links."""

    def __init__(self, catalogue: Catalogue, datasets: Datasets) -> None:
        self._catalogue = catalogue
        self._datasets = datasets

    def create(
        self,
        actor: Actor,
        workspace_id: str,
        *,
        page: str,
        parameters: Mapping[str, list[str]],
        dataset_id: str | None,
        version: int | None,
        title: str,
        days: int | None,
        card: Definition = STANDARD,
    ) -> Link:
        """A link to a page with its filters; ``version`` None follows new versions, ``days`` None never expires."""
        require(actor, workspace_id, "share")
        if dataset_id is not None and self._datasets.get(actor, dataset_id, version).workspace_id != workspace_id:
            raise AccessError(NOT_HERE)
        made = Link(
            new_id(), workspace_id, dataset_id, version, page[:60], {k: list(v) for k, v in parameters.items()}, card.as_dict(),
            " ".join(title.split())[:200], actor.user_id, now(), None if days is None else now() + timedelta(days=days), None,
        )  # fmt: skip
        with self._catalogue.write() as con:
            con.execute(tables.links.insert().values(**{name: getattr(made, name) for name in Link.__dataclass_fields__}))
            record(
                con, actor, "share", workspace_id=workspace_id, target=made.id,
                detail={"page": page, "dataset": dataset_id or "sample", "version": version or "newest"},
            )  # fmt: skip
        return made

    def resolve(self, actor: Actor, link_id: str) -> Link:
        """The link, for a reader who may see what it points to.

        Raises
        ------
        AccessError
            Unknown, revoked or expired, or the dataset is not for this reader.

        """
        held = tables.links
        with self._catalogue.read() as con:
            row = con.execute(sa.select(held).where(held.c.id == link_id)).first()
        if row is None:
            raise AccessError(NOT_HERE)
        link = Link(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
        if link.dataset_id is not None:
            self._datasets.get(actor, link.dataset_id, link.version, linked=link.holds)
        if link.revoked_at is not None:
            raise AccessError("This link was withdrawn by the person who made it. Ask them for a new one.")
        if not link.holds:
            raise AccessError("This link has expired. Ask the person who sent it for a new one.")
        return link

    def opened(self, actor: Actor, link: Link) -> None:
        """Note that somebody came through a link."""
        with self._catalogue.write() as con:
            record(con, actor, "open-link", workspace_id=link.workspace_id, target=link.id)

    def mine(self, actor: Actor) -> list[Link]:
        """The actor's links, newest first, whether they still hold or not."""
        held = tables.links
        asked = sa.select(held).where(held.c.created_by == actor.user_id).order_by(held.c.created_at.desc()).limit(500)
        with self._catalogue.read() as con:
            return [Link(**row._mapping) for row in con.execute(asked).all()]  # noqa: SLF001 - SQLAlchemy's documented name

    def revoke(self, actor: Actor, link_id: str) -> None:
        """End a link for good: one's own, or as an owner of its workspace."""
        held = tables.links
        with self._catalogue.write() as con:
            row = con.execute(sa.select(held.c.created_by, held.c.workspace_id).where(held.c.id == link_id)).first()
            if row is None:
                raise AccessError(NOT_HERE)
            if row.created_by != actor.user_id:
                require(actor, row.workspace_id, "people")
            con.execute(held.update().where(held.c.id == link_id, held.c.revoked_at.is_(None)).values(revoked_at=now()))
            record(con, actor, "revoke", workspace_id=row.workspace_id, target=link_id)
