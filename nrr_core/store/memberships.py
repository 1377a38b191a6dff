"""Who belongs to which workspace, as what, and by whom: an owner, the provider's groups or the settings.

Rows are read and written in the caller's transaction.
"""

import pandas as pd
import sqlalchemy as sa

from nrr_core.settings import ROLES, Settings
from nrr_core.store import tables
from nrr_core.store.access import FIRST_WORKSPACE, Actor, Membership
from nrr_core.store.catalogue import new_id, now
from nrr_core.store.claims import Person

__all__ = ["actor_of", "grant", "grant_from_outside", "members", "workspace"]


def workspace(con: sa.Connection, name: str) -> str:
    """The id of a workspace, made where it does not exist yet."""
    found = con.execute(sa.select(tables.workspaces.c.id).where(tables.workspaces.c.name == name)).scalar()
    if found is None:
        found = new_id()
        con.execute(tables.workspaces.insert().values(id=found, name=name, created_at=now()))
    return str(found)


def actor_of(con: sa.Connection, user_id: str) -> Actor:
    """A user with the best of their roles in each workspace."""
    user = con.execute(sa.select(tables.users).where(tables.users.c.id == user_id)).one()
    held, spaces = tables.memberships, tables.workspaces
    rows = con.execute(
        sa.select(held.c.workspace_id, spaces.c.name, held.c.role, held.c.sees, spaces.c.owner_dimension)
        .join(spaces, spaces.c.id == held.c.workspace_id)
        .where(held.c.user_id == user_id)
        .order_by(spaces.c.name)
    ).all()
    best: dict[str, Membership] = {}
    for one in rows:
        before = best.get(one.workspace_id)
        if before is None or ROLES.index(one.role) > ROLES.index(before.role):
            sees = one.sees or (before.sees if before else "") or user.name
            best[one.workspace_id] = Membership(one.workspace_id, one.name, one.role, sees, one.owner_dimension)
    return Actor(user.id, user.email, user.name, tuple(best.values()))


def grant_from_outside(con: sa.Connection, user_id: str, person: Person, settings: Settings) -> None:
    """Roles by the provider's groups and by the settings, as they are today; those granted by owners stay."""
    held = tables.memberships
    wanted = [(g.workspace, "groups", g.role) for g in settings.groups if g.group in person.groups]
    if person.email in settings.owners:
        wanted.append((FIRST_WORKSPACE, "settings", "owner"))
    con.execute(held.delete().where(held.c.user_id == user_id, held.c.source.in_(("groups", "settings"))))
    best: dict[tuple[str, str], str] = {}
    for name, source, role in wanted:
        place = (workspace(con, name), source)
        best[place] = max(role, best.get(place, role), key=ROLES.index)
    for (workspace_id, source), role in best.items():
        _put(con, workspace_id, person.email, source, role=role, user_id=user_id)
    con.execute(held.update().where(held.c.email == person.email, held.c.user_id.is_(None)).values(user_id=user_id))


def grant(con: sa.Connection, workspace_id: str, email: str, role: str | None, *, sees: str | None) -> None:
    """What an owner grants somebody, whether they have signed in or not; None takes it away."""
    users = tables.users
    asked = sa.select(users.c.id).where(users.c.email == email).order_by(users.c.created_at.desc())
    user_id = con.execute(asked).scalars().first()
    _put(con, workspace_id, email, "owner", role=role, user_id=user_id, sees=sees or None)


def _put(
    con: sa.Connection, workspace_id: str, email: str, source: str, *, role: str | None, user_id: str | None, sees: str | None = None
) -> None:
    """One source's grant to an address, in place of the one before."""
    held = tables.memberships
    con.execute(held.delete().where(held.c.workspace_id == workspace_id, held.c.email == email, held.c.source == source))
    if role is not None:
        con.execute(
            held.insert().values(
                workspace_id=workspace_id, email=email, source=source, role=role, sees=sees, user_id=user_id, created_at=now()
            )
        )


def members(con: sa.Connection, workspace_id: str) -> pd.DataFrame:
    """Everybody in a workspace: email, name, role, source, sees, signed_in, disabled."""
    held, users = tables.memberships, tables.users
    asked = (
        sa.select(held.c.email, users.c.name, held.c.role, held.c.source, held.c.sees, users.c.id, users.c.disabled_at)
        .outerjoin(users, users.c.id == held.c.user_id)
        .where(held.c.workspace_id == workspace_id)
        .order_by(held.c.email)
    )
    rows = con.execute(asked).all()
    listed = [(r.email, r.name, r.role, r.source, r.sees, r.id is not None, r.disabled_at is not None) for r in rows]
    return pd.DataFrame(listed, columns=["email", "name", "role", "source", "sees", "signed_in", "disabled"])
