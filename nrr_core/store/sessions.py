"""Sessions: how long a sign-in holds, and what ends it. Rows are read and written in the caller's transaction."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from nrr_core.errors import AccessError
from nrr_core.settings import Settings
from nrr_core.store import tables
from nrr_core.store.catalogue import now

__all__ = ["SignedOut", "begin", "end", "holding", "see", "seen_every", "user_of"]

_SEEN_EVERY = timedelta(seconds=60)  # or a quarter of the idle limit, where that is shorter


class SignedOut(AccessError):  # noqa: N818 - a state, told in words
    """The sign-in has ended; the text says why."""


def begin(con: sa.Connection, key: str, user_id: str) -> None:
    """Add a session that nobody has used before."""
    con.execute(tables.sessions.insert().values(key=key, user_id=user_id, created_at=now(), seen_at=now()))


def user_of(con: sa.Connection, key: str) -> str | None:
    """Whose session it is, whether it still holds or not; None where there was never one."""
    found: str | None = con.execute(sa.select(tables.sessions.c.user_id).where(tables.sessions.c.key == key)).scalar()
    return found


def holding(con: sa.Connection, key: str, settings: Settings, *, at: datetime) -> Any:
    """The row of a session that holds at a moment; raises SignedOut where it does not."""
    sessions, users = tables.sessions, tables.users
    asked = sa.select(sessions, users.c.disabled_at).join(users, users.c.id == sessions.c.user_id).where(sessions.c.key == key)
    found = con.execute(asked).first()
    if found is None:
        raise SignedOut("You are not signed in.")
    if found.disabled_at is not None:
        raise SignedOut("Your access was switched off by an owner.")
    if found.ended_at is not None:
        raise SignedOut("You have signed out." if found.reason == "sign-out" else "Your sign-in was ended by an owner.")
    if at - found.created_at > timedelta(hours=settings.session_hours):
        raise SignedOut(f"You were signed in for {settings.session_hours:g} hours. Sign in again.")
    if at - found.seen_at > timedelta(minutes=settings.idle_minutes):
        raise SignedOut(f"You were away for more than {settings.idle_minutes:g} minutes. Sign in again.")
    return found


def seen_every(settings: Settings) -> timedelta:
    """How much later a click must be than the last one noted to be noted again."""
    return min(_SEEN_EVERY, timedelta(minutes=settings.idle_minutes) / 4)


def see(con: sa.Connection, key: str, *, at: datetime) -> None:
    """Note a click: the idle limit counts from here."""
    con.execute(tables.sessions.update().where(tables.sessions.c.key == key).values(seen_at=at))


def end(con: sa.Connection, which: "sa.ColumnElement[bool]", reason: str) -> None:
    """End for good those of these sessions that have not ended yet."""
    sessions = tables.sessions
    con.execute(sessions.update().where(which, sessions.c.ended_at.is_(None)).values(ended_at=now(), reason=reason))
