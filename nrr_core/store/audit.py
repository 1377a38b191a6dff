"""The audit log: who did what and when. Rows are added in the transaction of the act itself, and never changed."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import sqlalchemy as sa

from nrr_core.store import tables
from nrr_core.store.access import FIRST_WORKSPACE, Actor, require
from nrr_core.store.catalogue import Catalogue, now

__all__ = ["ACTIONS", "Audit", "record"]

ACTIONS = (
    "sign-in", "sign-out", "denied", "upload", "publish", "snapshot", "rename", "delete", "share", "open-link", "revoke", "export",
    "save", "grant", "disable", "enable", "token", "settings",
)  # fmt: skip
_COLUMNS = ("at", "actor", "action", "target", "detail")


def record(
    con: sa.Connection,
    actor: Actor,
    action: str,
    *,
    workspace_id: str | None = None,
    target: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one row in the caller's transaction. ``detail`` holds names of things, never values of cells."""
    if action not in ACTIONS:
        raise ValueError(action)
    con.execute(
        tables.audit.insert().values(
            at=now(), workspace_id=workspace_id, actor_id=actor.user_id, actor=actor.email or actor.name, action=action,
            target=target, detail=dict(detail or {}),
        )
    )  # fmt: skip


class Audit:
    """Reading the log, and adding rows for acts that change nothing else."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def add(self, actor: Actor, action: str, *, workspace_id: str | None = None, target: str | None = None, **detail: Any) -> None:
        """Note an export, a denial, or a link that was opened."""
        with self._catalogue.write() as con:
            record(con, actor, action, workspace_id=workspace_id, target=target, detail=detail)

    def read(self, actor: Actor, workspace_id: str, *, limit: int | None = 500) -> pd.DataFrame:
        """The workspace's rows, newest first: at, actor, action, target, detail. Owners only.

        Sign-ins and denials belong to no workspace; owners of the first one see them.
        """
        runs_it = require(actor, workspace_id, "audit").workspace == FIRST_WORKSPACE
        log = tables.audit
        asked = (
            sa.select(*(log.c[name] for name in _COLUMNS))
            .where(sa.or_(log.c.workspace_id == workspace_id, sa.and_(log.c.workspace_id.is_(None), sa.literal(runs_it))))
            .order_by(log.c.id.desc())
            .limit(limit)
        )
        with self._catalogue.read() as con:
            rows = con.execute(asked).all()
        listed = [
            (at.strftime("%Y-%m-%d %H:%M:%S"), who, action, target, "; ".join(f"{k}: {v}" for k, v in detail.items()))
            for at, who, action, target, detail in rows
        ]
        return pd.DataFrame(listed, columns=list(_COLUMNS))
