"""People: sign-in by an identity provider's claims, sessions that end, roles, and tokens for the command line."""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import pandas as pd
import sqlalchemy as sa

from nrr_core.errors import AccessError
from nrr_core.settings import ROLES, Settings
from nrr_core.store import tables
from nrr_core.store.access import FIRST_WORKSPACE, LOCAL, Actor, Membership, require
from nrr_core.store.audit import record
from nrr_core.store.catalogue import Catalogue, new_id, now

__all__ = ["People", "SignedOut", "session_key"]

_SEEN_EVERY = timedelta(seconds=60)  # or a quarter of the idle limit, where that is shorter
_CLOCKS = timedelta(minutes=5)  # how far the provider's clock may be ahead
_IDENTITY = ("iss", "sub", "aud", "iat", "nonce", "sid", "jti")
_PREFIX = "nrr_"


class SignedOut(AccessError):  # noqa: N818 - a state, told in words
    """The sign-in has ended; the text says why."""


def session_key(claims: Mapping[str, Any]) -> str:
    """The key of one sign-in: the same cookie always gives the same one, the next sign-in another."""
    return hashlib.sha256(repr([(name, str(claims.get(name))) for name in _IDENTITY]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the provider vouches for."""

    issuer: str
    subject: str
    email: str
    name: str
    groups: tuple[str, ...]


class People:
    """Everybody who may come in, for how long, and as what."""

    def __init__(self, catalogue: Catalogue, settings: Settings) -> None:
        self._catalogue = catalogue
        self._settings = settings

    # --- sign-in ------------------------------------------------------------------------------------------------

    def sign_in(self, claims: Mapping[str, Any]) -> Actor:
        """Begin a session from an identity token's claims.

        Raises
        ------
        AccessError
            No verified e-mail, a domain that is not allowed, a disabled person, an old or used sign-in. It is logged.

        """
        try:
            person = self._person(claims)
        except AccessError as error:
            self._deny(str(claims.get("email", "")), str(error))
            raise
        key = session_key(claims)
        with self._catalogue.write() as con:
            user_id, disabled = self._user(con, person)
            known = con.execute(sa.select(tables.sessions.c.key).where(tables.sessions.c.key == key)).first()
            if not disabled and known is None:
                self._grant_from_outside(con, user_id, person)
                con.execute(tables.sessions.insert().values(key=key, user_id=user_id, created_at=now(), seen_at=now()))
                actor = self._actor(con, user_id)
                record(con, actor, "sign-in", detail={"provider": person.issuer})
                return actor
        reason = "Your access was switched off by an owner." if disabled else "This sign-in was used before. Sign in again."
        self._deny(person.email, reason)
        raise AccessError(reason)

    def _person(self, claims: Mapping[str, Any]) -> Person:
        email = str(claims.get("email") or "").strip().lower()
        local, _, domain = email.rpartition("@")
        if not claims.get("iss") or not claims.get("sub"):
            raise AccessError("The identity provider did not say who you are. Tell whoever runs the app.")
        if not local or not domain:
            raise AccessError("The identity provider gave no e-mail address. Tell whoever runs the app.")
        if claims.get("email_verified") is not True:
            raise AccessError("Your e-mail address is not verified at the identity provider. Verify it there, then sign in again.")
        if "*" not in self._settings.domains and domain not in self._settings.domains:
            raise AccessError(f"Addresses at {domain} may not sign in here. Use your company address.")
        self._fresh(claims)
        groups = claims.get(self._settings.groups_claim) or ()
        listed = (groups,) if isinstance(groups, str) else tuple(str(g) for g in groups)
        return Person(str(claims["iss"]), str(claims["sub"]), email[:320], str(claims.get("name") or email)[:200], listed)

    def _fresh(self, claims: Mapping[str, Any]) -> None:
        """An identity token is only good for the sign-in it was made for."""
        try:
            issued = datetime.fromtimestamp(float(claims["iat"]), UTC)
        except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
            raise AccessError("The identity provider did not say when you signed in. Tell whoever runs the app.") from error
        if not now() - timedelta(hours=self._settings.session_hours) < issued < now() + _CLOCKS:
            raise AccessError("This sign-in is too old. Sign in again.")

    def _user(self, con: sa.Connection, person: Person) -> tuple[str, bool]:
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

    def _grant_from_outside(self, con: sa.Connection, user_id: str, person: Person) -> None:
        """Roles by the provider's groups and by the settings, as they are today; those granted by owners stay."""
        members = tables.memberships
        wanted = [(g.workspace, "groups", g.role) for g in self._settings.groups if g.group in person.groups]
        if person.email in self._settings.owners:
            wanted.append((FIRST_WORKSPACE, "settings", "owner"))
        con.execute(members.delete().where(members.c.user_id == user_id, members.c.source.in_(("groups", "settings"))))
        best: dict[tuple[str, str], str] = {}
        for workspace, source, role in wanted:
            place = (self.workspace(con, workspace), source)
            best[place] = max(role, best.get(place, role), key=ROLES.index)
        for (workspace_id, source), role in best.items():
            con.execute(
                members.delete().where(members.c.workspace_id == workspace_id, members.c.email == person.email, members.c.source == source)
            )
            con.execute(
                members.insert().values(
                    workspace_id=workspace_id, email=person.email, source=source, role=role, user_id=user_id, created_at=now()
                )
            )
        con.execute(members.update().where(members.c.email == person.email, members.c.user_id.is_(None)).values(user_id=user_id))

    def workspace(self, con: sa.Connection, name: str) -> str:
        """The id of a workspace, made where it does not exist yet."""
        found = con.execute(sa.select(tables.workspaces.c.id).where(tables.workspaces.c.name == name)).scalar()
        if found is None:
            found = new_id()
            con.execute(tables.workspaces.insert().values(id=found, name=name, created_at=now()))
        return str(found)

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
        sessions, moment = tables.sessions, now()
        asked = (
            sa.select(sessions, tables.users.c.disabled_at)
            .join(tables.users, tables.users.c.id == sessions.c.user_id)
            .where(sessions.c.key == key)
        )
        with self._catalogue.read() as con:
            found = con.execute(asked).first()
            reason = self._over(found, moment)
            if found is not None and reason is None:
                actor = self._actor(con, found.user_id)
        if found is None or reason is not None:
            raise SignedOut(reason or "You are not signed in.")
        if active and moment - found.seen_at > min(_SEEN_EVERY, timedelta(minutes=self._settings.idle_minutes) / 4):
            with self._catalogue.write() as con:
                con.execute(sessions.update().where(sessions.c.key == key).values(seen_at=moment))
        return actor

    def _over(self, found: Any, moment: datetime) -> str | None:
        """Why a session no longer holds, or None."""
        if found is None:
            return "You are not signed in."
        if found.disabled_at is not None:
            return "Your access was switched off by an owner."
        if found.ended_at is not None:
            return "You have signed out." if found.reason == "sign-out" else "Your sign-in was ended by an owner."
        if moment - found.created_at > timedelta(hours=self._settings.session_hours):
            return f"You were signed in for {self._settings.session_hours:g} hours. Sign in again."
        if moment - found.seen_at > timedelta(minutes=self._settings.idle_minutes):
            return f"You were away for more than {self._settings.idle_minutes:g} minutes. Sign in again."
        return None

    def sign_out(self, key: str) -> None:
        """End one session for good; a copy of its cookie is refused from now on."""
        with self._catalogue.write() as con:
            found = con.execute(sa.select(tables.sessions.c.user_id).where(tables.sessions.c.key == key)).scalar()
            if found is None:
                return
            self._end(con, tables.sessions.c.key == key, "sign-out")
            record(con, self._actor(con, found), "sign-out")

    def of_token(self, text: str) -> Actor:
        """The person whose token this is; raises SignedOut where it is unknown, revoked, expired, or its owner disabled."""
        held = tables.tokens
        asked = (
            sa.select(held, tables.users.c.disabled_at)
            .join(tables.users, tables.users.c.id == held.c.user_id)
            .where(held.c.hash == hashlib.sha256(text.encode()).hexdigest())
        )
        with self._catalogue.read() as con:
            found = con.execute(asked).first()
            if found is None or found.revoked_at is not None or found.disabled_at is not None or found.expires_at < now():
                raise SignedOut("The token is not valid (unknown, revoked or expired). Make a new one on the Workspace page.")
            return self._actor(con, found.user_id)

    def _actor(self, con: sa.Connection, user_id: str) -> Actor:
        user = con.execute(sa.select(tables.users).where(tables.users.c.id == user_id)).one()
        members, spaces = tables.memberships, tables.workspaces
        rows = con.execute(
            sa.select(members.c.workspace_id, spaces.c.name, members.c.role, members.c.sees, spaces.c.owner_dimension)
            .join(spaces, spaces.c.id == members.c.workspace_id)
            .where(members.c.user_id == user_id)
            .order_by(spaces.c.name)
        ).all()
        best: dict[str, Membership] = {}
        for one in rows:
            held = best.get(one.workspace_id)
            if held is None or ROLES.index(one.role) > ROLES.index(held.role):
                sees = one.sees or (held.sees if held else "") or user.name
                best[one.workspace_id] = Membership(one.workspace_id, one.name, one.role, sees, one.owner_dimension)
        return Actor(user.id, user.email, user.name, tuple(best.values()))

    # --- what owners decide -------------------------------------------------------------------------------------

    def members(self, actor: Actor, workspace_id: str) -> pd.DataFrame:
        """Everybody in a workspace: email, name, role, source, sees, signed_in, disabled. Owners only."""
        require(actor, workspace_id, "people")
        members, users = tables.memberships, tables.users
        asked = (
            sa.select(members.c.email, users.c.name, members.c.role, members.c.source, members.c.sees, users.c.id, users.c.disabled_at)
            .outerjoin(users, users.c.id == members.c.user_id)
            .where(members.c.workspace_id == workspace_id)
            .order_by(members.c.email)
        )
        with self._catalogue.read() as con:
            rows = con.execute(asked).all()
        listed = [(r.email, r.name, r.role, r.source, r.sees, r.id is not None, r.disabled_at is not None) for r in rows]
        return pd.DataFrame(listed, columns=["email", "name", "role", "source", "sees", "signed_in", "disabled"])

    def grant(self, actor: Actor, workspace_id: str, email: str, role: str | None, *, sees: str | None = None) -> None:
        """Give a person a role, whether they have signed in or not; None takes it away."""
        require(actor, workspace_id, "people")
        email, members = email.strip().lower(), tables.memberships
        if "@" not in email or (role is not None and role not in ROLES):
            raise AccessError(f"A role needs an e-mail address and one of {', '.join(ROLES)}.")
        with self._catalogue.write() as con:
            con.execute(
                members.delete().where(members.c.workspace_id == workspace_id, members.c.email == email, members.c.source == "owner")
            )
            if role is not None:
                user_id = con.execute(
                    sa.select(tables.users.c.id).where(tables.users.c.email == email).order_by(tables.users.c.created_at.desc())
                ).scalars().first()  # fmt: skip
                con.execute(
                    members.insert().values(
                        workspace_id=workspace_id, email=email, source="owner", role=role, sees=sees or None, user_id=user_id,
                        created_at=now(),
                    )
                )  # fmt: skip
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
            self._end(con, tables.sessions.c.user_id.in_(ids), "owner")
            record(con, actor, "disable" if disabled else "enable", target=email)

    def end_sessions(self, actor: Actor) -> None:
        """Sign the actor out everywhere."""
        with self._catalogue.write() as con:
            self._end(con, tables.sessions.c.user_id == actor.user_id, "sign-out")
            record(con, actor, "sign-out", detail={"everywhere": "yes"})

    def set_owner_dimension(self, actor: Actor, workspace_id: str, dimension: str | None) -> None:
        """Switch the row rule on (viewers see only accounts whose segment in this dimension is theirs) or off."""
        require(actor, workspace_id, "settings")
        with self._catalogue.write() as con:
            con.execute(tables.workspaces.update().where(tables.workspaces.c.id == workspace_id).values(owner_dimension=dimension or None))
            record(con, actor, "settings", workspace_id=workspace_id, detail={"owner_dimension": dimension or "off"})

    @staticmethod
    def _end(con: sa.Connection, which: "sa.ColumnElement[bool]", reason: str) -> None:
        sessions = tables.sessions
        con.execute(sessions.update().where(which, sessions.c.ended_at.is_(None)).values(ended_at=now(), reason=reason))

    # --- tokens -------------------------------------------------------------------------------------------------

    def new_token(self, actor: Actor, name: str, *, days: int = 90) -> str:
        """A token for the command line with the actor's rights. The text is shown once; only its hash is kept."""
        if actor.user_id == LOCAL:
            raise AccessError("Tokens belong to people who sign in. On this machine the command line needs none.")
        text = _PREFIX + secrets.token_urlsafe(32)
        with self._catalogue.write() as con:
            con.execute(
                tables.tokens.insert().values(
                    id=new_id(), user_id=actor.user_id, name=name[:200] or "token", hash=hashlib.sha256(text.encode()).hexdigest(),
                    created_at=now(), expires_at=now() + timedelta(days=days),
                )
            )  # fmt: skip
            record(con, actor, "token", detail={"name": name[:200]})
        return text

    def tokens(self, actor: Actor) -> Iterator[tuple[str, str, datetime, bool]]:
        """The actor's tokens: id, name, expiry, and whether it still holds."""
        held = tables.tokens
        with self._catalogue.read() as con:
            rows = con.execute(sa.select(held).where(held.c.user_id == actor.user_id).order_by(held.c.created_at.desc())).all()
        yield from ((r.id, r.name, r.expires_at, r.revoked_at is None and r.expires_at > now()) for r in rows)

    def revoke_token(self, actor: Actor, token_id: str) -> None:
        """End one of the actor's own tokens."""
        held = tables.tokens
        with self._catalogue.write() as con:
            con.execute(held.update().where(held.c.id == token_id, held.c.user_id == actor.user_id).values(revoked_at=now()))
            record(con, actor, "revoke", target="token")
