"""Checks of sign-in: complete, with a provider that can be reached and whose clock agrees."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from nrr_core.doctor.finding import Finding, fail, ok, warn
from nrr_core.settings import Settings

__all__ = ["complete", "loopback", "provider"]

_SECRET: Final = 32
_ENDING: Final = "/.well-known/openid-configuration"
_SECONDS: Final = 10.0
_SKEW: Final = (5.0, 60.0)  # seconds: worth a look, and too much


def loopback(host: str) -> bool:
    """Whether an address is this machine."""
    return host in {"localhost", "::1"} or host.startswith("127.")


def complete(settings: Settings) -> list[Finding]:
    """Whether everything that sign-in needs is set; without sign-in, whether that is safe."""
    if not settings.sign_in:
        if settings.allow_network:
            return [
                warn(
                    "sign-in",
                    "Off, and NRR_ALLOW_NETWORK is yes: whoever reaches the port sees everything. Is the proxy signing people in?",
                )
            ]
        return [ok("sign-in", "off; the app answers this machine only")]
    missing = [name for name in ("oidc_client_id", "oidc_client_secret", "public_url") if not getattr(settings, name)]
    found = [fail("sign-in", f"NRR_{name.upper()} is not set; see docs/hosting.md.") for name in missing]
    if len(settings.cookie_secret) < _SECRET:
        found.append(fail("sign-in", f"NRR_COOKIE_SECRET needs at least {_SECRET} random characters: openssl rand -base64 48"))
    if not settings.domains:
        found.append(fail("sign-in", "NRR_DOMAINS is not set: nobody may sign in. Name your e-mail domains, such as example.com."))
    if "*" in settings.domains:
        found.append(warn("sign-in", "NRR_DOMAINS is *: everybody the provider knows may sign in."))
    if not settings.owners and not settings.groups:
        found.append(warn("sign-in", "Neither NRR_OWNERS nor NRR_GROUPS is set: nobody will be able to do anything after signing in."))
    if settings.public_url and not _secure(settings.public_url):
        found.append(
            fail("sign-in", f"NRR_PUBLIC_URL is {settings.public_url}: it must begin with https, or cookies can be read on the way.")
        )
    return found or [ok("sign-in", f"complete; {', '.join(settings.domains)} may sign in")]


def _secure(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and loopback(parts.hostname or ""))


def provider(settings: Settings, *, moment: datetime | None = None) -> list[Finding]:
    """Whether the identity provider answers, is who it says, and has the same time."""
    address = settings.oidc_metadata_url
    try:
        answer = httpx.get(address, timeout=_SECONDS)
        answer.raise_for_status()
        said = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        reason = f"status {error.response.status_code}" if isinstance(error, httpx.HTTPStatusError) else type(error).__name__
        return [fail("provider", f"{address} does not answer as it should ({reason}). Check NRR_OIDC_METADATA_URL and the way out.")]
    return [_metadata(address, said), _clock(answer.headers.get("date", ""), moment or datetime.now(UTC))]


def _metadata(address: str, said: Any) -> Finding:
    issuer = str(said.get("issuer", "")) if isinstance(said, dict) else ""
    if not issuer or not address.endswith(_ENDING):
        return fail("provider", f"{address} is not a provider's metadata: the address ends with {_ENDING} and the answer names an issuer.")
    if issuer.rstrip("/") != address.removesuffix(_ENDING).rstrip("/"):
        return fail("provider", f"The provider calls itself {issuer}, not {address.removesuffix(_ENDING)}. Use the issuer's own address.")
    places = [str(said.get(f"{name}_endpoint", "")) for name in ("authorization", "token")] + [str(said.get("jwks_uri", ""))]
    open_places = [place for place in (address, *places) if not _secure(place)]
    if open_places:
        return fail("provider", f"{open_places[0] or 'An endpoint'} is not https.")
    return ok("provider", issuer)


def _clock(date: str, moment: datetime) -> Finding:
    """Tokens carry times: where the clocks differ, sign-ins fail or last too long."""
    try:
        skew = (moment - parsedate_to_datetime(date)).total_seconds()
    except (TypeError, ValueError):
        return warn("clock", "The provider's answer has no date to compare with.")
    if abs(skew) > _SKEW[1]:
        return fail("clock", f"This machine's clock differs by {skew:+,.0f} s from the provider's. Turn on time synchronisation.")
    if abs(skew) > _SKEW[0]:
        return warn("clock", f"This machine's clock differs by {skew:+,.0f} s from the provider's.")
    return ok("clock", "agrees with the provider's")
