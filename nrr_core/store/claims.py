"""An identity token's claims: who the provider vouches for, and whether they may come in."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from nrr_core.errors import AccessError
from nrr_core.settings import Settings
from nrr_core.store.catalogue import now

__all__ = ["Person", "person_of", "session_key"]

_CLOCKS = timedelta(minutes=5)  # how far the provider's clock may be ahead
_IDENTITY = ("iss", "sub", "aud", "iat", "nonce", "sid", "jti")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the provider vouches for."""

    issuer: str
    subject: str
    email: str
    name: str
    groups: tuple[str, ...]


def session_key(claims: Mapping[str, Any]) -> str:
    """The key of one sign-in: the same cookie always gives the same one, the next sign-in another."""
    return hashlib.sha256(repr([(name, str(claims.get(name))) for name in _IDENTITY]).encode()).hexdigest()


def person_of(claims: Mapping[str, Any], settings: Settings) -> Person:
    """The person these claims are about; raises AccessError where they may not come in, and says why."""
    email = str(claims.get("email") or "").strip().lower()
    local, _, domain = email.rpartition("@")
    if not claims.get("iss") or not claims.get("sub"):
        raise AccessError("The identity provider did not say who you are. Tell whoever runs the app.")
    if not local or not domain:
        raise AccessError("The identity provider gave no e-mail address. Tell whoever runs the app.")
    if claims.get("email_verified") is not True:
        raise AccessError("Your e-mail address is not verified at the identity provider. Verify it there, then sign in again.")
    if "*" not in settings.domains and domain not in settings.domains:
        raise AccessError(f"Addresses at {domain} may not sign in here. Use your company address.")
    _check_fresh(claims, settings)
    groups = claims.get(settings.groups_claim) or ()
    listed = (groups,) if isinstance(groups, str) else tuple(str(g) for g in groups)
    return Person(str(claims["iss"]), str(claims["sub"]), email[:320], str(claims.get("name") or email)[:200], listed)


def _check_fresh(claims: Mapping[str, Any], settings: Settings) -> None:
    """An identity token is only good for the sign-in it was made for."""
    try:
        issued = datetime.fromtimestamp(float(claims["iat"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise AccessError("The identity provider did not say when you signed in. Tell whoever runs the app.") from error
    if not now() - timedelta(hours=settings.session_hours) < issued < now() + _CLOCKS:
        raise AccessError("This sign-in is too old. Sign in again.")
