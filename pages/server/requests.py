"""What identifies a request in the log: an id, the visitor's address, and the path without anything in it that is data."""

import ipaddress
import re
import uuid
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Final

__all__ = ["LOOPBACK", "PROXY", "REQUEST", "address_of", "from_proxy", "id_of", "path_of"]

REQUEST: ContextVar[str] = ContextVar("request", default="")
PROXY: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
LOOPBACK: Final = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
_ID: Final = re.compile(r"[0-9A-Za-z-]{8,64}")
_WHOLE: Final = (  # addresses that are the same for everybody; of any other only the first part is shown
    "/", "/healthz", "/readyz", "/metrics", "/_stcore/health", "/_stcore/stream", "/_stcore/host-config", "/_stcore/metrics",
    "/_stcore/script-health-check", "/auth/login", "/auth/logout", "/oauth2callback", "/favicon.png",
)  # fmt: skip
_FIRST: Final = {
    "static", "media", "component", "_stcore", "auth", "s", "overview", "data", "waterfall", "cohorts", "segments", "accounts",
    "definitions", "workspace",
}  # fmt: skip


def from_proxy(headers: Mapping[str, str]) -> bool:
    """Whether a proxy has passed the request on."""
    return any(name in headers for name in PROXY)


def path_of(path: str) -> str:
    """A path for the log and nothing of its data: upload addresses carry session ids, links and media carry keys."""
    if path in _WHOLE:
        return path
    first = path.split("/")[1] if path.startswith("/") else ""
    rest = "/*" if path.count("/") > 1 else ""
    return f"/{first}{rest}" if first in _FIRST else "/*"


def id_of(headers: Mapping[str, str], *, trusted_proxy: bool) -> str:
    """The request's id: the trusted proxy's, or a new one."""
    given = headers.get("x-request-id", "")
    return given if trusted_proxy and _ID.fullmatch(given) else uuid.uuid4().hex[:16]


def address_of(client: str, headers: Mapping[str, str], *, trusted_proxy: bool) -> str:
    """The visitor's address: the one the nearest proxy saw, where it is trusted."""
    given = headers.get("x-forwarded-for", "").split(",")[-1].strip() if trusted_proxy else ""
    for text in (given, client):
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            continue
    return "-"
