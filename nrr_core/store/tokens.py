"""Tokens for the command line: only their hashes are kept. Rows are read and written in the caller's transaction."""

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa

from nrr_core.store import tables
from nrr_core.store.catalogue import new_id, now
from nrr_core.store.sessions import SignedOut

__all__ = ["holder", "listed", "make", "revoke"]

_PREFIX = "nrr_"


def make(con: sa.Connection, user_id: str, name: str, *, days: int) -> str:
    """The text of a new token; nobody can read it again."""
    text = _PREFIX + secrets.token_urlsafe(32)
    con.execute(
        tables.tokens.insert().values(
            id=new_id(), user_id=user_id, name=name[:200] or "token", hash=_hash(text),
            created_at=now(), expires_at=now() + timedelta(days=days),
        )
    )  # fmt: skip
    return text


def holder(con: sa.Connection, text: str) -> str:
    """Whose token this is; raises SignedOut where it is unknown, revoked, expired, or its owner disabled."""
    tokens, users = tables.tokens, tables.users
    asked = sa.select(tokens, users.c.disabled_at).join(users, users.c.id == tokens.c.user_id).where(tokens.c.hash == _hash(text))
    found = con.execute(asked).first()
    if found is None or found.revoked_at is not None or found.disabled_at is not None or found.expires_at < now():
        raise SignedOut("The token is not valid (unknown, revoked or expired). Make a new one on the Workspace page.")
    return str(found.user_id)


def listed(con: sa.Connection, user_id: str) -> list[tuple[str, str, datetime, bool]]:
    """A user's tokens, newest first: id, name, expiry, and whether it still holds."""
    tokens = tables.tokens
    rows = con.execute(sa.select(tokens).where(tokens.c.user_id == user_id).order_by(tokens.c.created_at.desc())).all()
    return [(r.id, r.name, r.expires_at, r.revoked_at is None and r.expires_at > now()) for r in rows]


def revoke(con: sa.Connection, user_id: str, token_id: str) -> None:
    """End a token, where it is this user's."""
    tokens = tables.tokens
    con.execute(tokens.update().where(tokens.c.id == token_id, tokens.c.user_id == user_id).values(revoked_at=now()))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
