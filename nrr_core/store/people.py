"""People: who may come in, for how long and as what. Each act is one transaction with its audit row."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

import pandas as pd
import sqlalchemy as sa

from nrr_core.errors import AccessError
from nrr_core.settings import ROLES, Settings
from nrr_core.store import memberships, sessions, tables, tokens
from nrr_core.store.access import FIRST_WORKSPACE, LOCAL, Actor, Membership, require
from nrr_core.store.audit import record
from nrr_core.store.catalogue import Catalogue, new_id, now
from nrr_core.store.claims import Person, person_of, session_key

__all__ = ["People"]


class People:
    """Everybody who may come in, for how long, and as what."""

    def __init__(self, catalogue: Catalogue, settings: Settings) -> None:
        self._catalogue = catalogue
        self._settings = settings

    # --- coming in ----------------------------------------------------------------------------------------------

    def sign_in(self, claims: Mapping[str, Any]) -> Actor:
        """Begin a session from an identity token's claims.

        Raises
        ------
        AccessError
            No verified e-mail, a domain that is not allowed, a disabled person, an old or used sign-in. It is logged.

        """
        try:
            person = person_of(claims, self._settings)
        except AccessError as error:
            self._deny(str(claims.get("email", "")), str(error))
            raise
        key = session_key(claims)
        with self._catalogue.write() as con:
            user_id, disabled = _user(con, person)
            if not disabled and sessions.user_of(con, key) is None:
                memberships.grant_from_outside(con, user_id, person, self._settings)
                sessions.begin(con, key, user_id)
                actor = memberships.actor_of(con, user_id)
                record(con, actor, "sign-in", detail={"provider": person.issuer})
                return actor
        reason = "Your access was switched off by an owner." if disabled else "This sign-in was used before. Sign in again."
        self._deny(person.email, reason)
        raise AccessError(reason)

    def _deny(self, email: str, reason: str) -> None:
        with self._catalogue.write() as con:
            record(con, Actor("", email[:320], "somebody", ()), "denied", detail={"reason": reason})

    # --- who is asking ------------------------------------------------------------------------------------------

    @cached_property
    def local(self) -> Actor:
        """The one person of a machine without sign-in, owner of the first workspace."""
        with self._catalogue.read() as con:
            asked = sa.select(tables.workspaces.c.id).where(tables.workspaces.c.name == FIRST_WORKSPACE)
            workspace_id = con.execute(asked).scalar_one()
        return Actor(LOCAL, "", "You", (Membership(workspace_id, FIRST_WORKSPACE, "owner"),))

    def of_session(self, key: str, *, active: bool = True) -> Actor:
        """The person of a session that still holds; ``active`` counts as a click against the idle limit.

        Raises
        ------
        SignedOut
            The session is unknown, ended, too old or idle, or the person was disabled.

        """
        moment = now()
        with self._catalogue.read() as con:
            found = sessions.holding(con, key, self._settings, at=moment)
            actor = memberships.actor_of(con, found.user_id)
        if active and moment - found.seen_at > sessions.seen_every(self._settings):
            with self._catalogue.write() as con:
                sessions.see(con, key, at=moment)
        return actor

    def of_token(self, text: str) -> Actor:
        """The person whose token this is; raises SignedOut where it is unknown, revoked, expired, or its owner disabled."""
        with self._catalogue.read() as con:
            return memberships.actor_of(con, tokens.holder(con, text))

    # --- one's own sessions and tokens --------------------------------------------------------------------------

    def sign_out(self, key: str) -> None:
        """End one session for good; a copy of its cookie is refused from now on."""
        with self._catalogue.write() as con:
            found = sessions.user_of(con, key)
            if found is None:
                return
            sessions.end(con, tables.sessions.c.key == key, "sign-out")
            record(con, memberships.actor_of(con, found), "sign-out")

    def end_sessions(self, actor: Actor) -> None:
        """Sign the actor out everywhere."""
        with self._catalogue.write() as con:
            sessions.end(con, tables.sessions.c.user_id == actor.user_id, "sign-out")
            record(con, actor, "sign-out", detail={"everywhere": "yes"})

    def new_token(self, actor: Actor, name: str, *, days: int = 90) -> str:
        """A token for the command line with the actor's rights. The text is shown once; only its hash is kept."""
        if actor.user_id == LOCAL:
            raise AccessError("Tokens belong to people who sign in. On this machine the command line needs none.")
        with self._catalogue.write() as con:
            text = tokens.make(con, actor.user_id, name, days=days)
            record(con, actor, "token", detail={"name": name[:200]})
        return text

    def tokens(self, actor: Actor) -> Iterator[tuple[str, str, datetime, bool]]:
        """The actor's tokens: id, name, expiry, and whether it still holds."""
        with self._catalogue.read() as con:
            mine = tokens.listed(con, actor.user_id)
        yield from mine

    def revoke_token(self, actor: Actor, token_id: str) -> None:
        """End one of the actor's own tokens."""
        with self._catalogue.write() as con:
            tokens.revoke(con, actor.user_id, token_id)
            record(con, actor, "revoke", target="token")

    # --- what owners decide -------------------------------------------------------------------------------------

    def members(self, actor: Actor, workspace_id: str) -> pd.DataFrame:
        """Everybody in a workspace: email, name, role, source, sees, signed_in, disabled. Owners only."""
        require(actor, workspace_id, "people")
        with self._catalogue.read() as con:
            return memberships.members(con, workspace_id)

    def grant(self, actor: Actor, workspace_id: str, email: str, role: str | None, *, sees: str | None = None) -> None:
        """Give a person a role, whether they have signed in or not; None takes it away."""
        require(actor, workspace_id, "people")
        email = email.strip().lower()
        if "@" not in email or (role is not None and role not in ROLES):
            raise AccessError(f"A role needs an e-mail address and one of {', '.join(ROLES)}.")
        with self._catalogue.write() as con:
            memberships.grant(con, workspace_id, email, role, sees=sees)
            record(con, actor, "grant", workspace_id=workspace_id, target=email, detail={"role": role or "none", "sees": sees or ""})

    def set_disabled(self, actor: Actor, email: str, *, disabled: bool) -> None:
        """Shut a person out of the whole app at once, or let them in again; every session of theirs ends.

        For owners of the first workspace: an owner elsewhere takes the role away instead.
        """
        first = next((m for m in actor.memberships if m.workspace == FIRST_WORKSPACE), None)
        require(actor, first.workspace_id if first else "", "people")
        users, email = tables.users, email.strip().lower()
        with self._catalogue.write() as con:
            ids = list(con.execute(sa.select(users.c.id).where(users.c.email == email, users.c.id != actor.user_id)).scalars())
            if not ids:
                raise AccessError(f"{email} has not signed in yet, or is you.")
            con.execute(users.update().where(users.c.id.in_(ids)).values(disabled_at=now() if disabled else None))
            sessions.end(con, tables.sessions.c.user_id.in_(ids), "owner")
            record(con, actor, "disable" if disabled else "enable", target=email)

    def set_owner_dimension(self, actor: Actor, workspace_id: str, dimension: str | None) -> None:
        """Switch the row rule on (viewers see only accounts whose segment in this dimension is theirs) or off."""
        require(actor, workspace_id, "settings")
        with self._catalogue.write() as con:
            con.execute(tables.workspaces.update().where(tables.workspaces.c.id == workspace_id).values(owner_dimension=dimension or None))
            record(con, actor, "settings", workspace_id=workspace_id, detail={"owner_dimension": dimension or "off"})


def _user(con: sa.Connection, person: Person) -> tuple[str, bool]:
    """The user that a person is, and whether they are disabled; made where they come for the first time."""
    users = tables.users
    found = con.execute(
        sa.select(users.c.id, users.c.disabled_at).where(users.c.issuer == person.issuer, users.c.subject == person.subject)
    ).first()
    if found is None:
        user_id = new_id()
        con.execute(
            users.insert().values(
                id=user_id, issuer=person.issuer, subject=person.subject, email=person.email, name=person.name, created_at=now()
            )
        )
        return user_id, False
    con.execute(users.update().where(users.c.id == found.id).values(email=person.email, name=person.name))
    return found.id, found.disabled_at is not None
