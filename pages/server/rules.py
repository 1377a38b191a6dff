"""Addresses and who may ask for them, before anybody is known: what is open, what is never served, who is of this machine."""

import ipaddress
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response

from nrr_core.settings import Settings
from pages.server.cookies import PAGES

__all__ = ["is_from_elsewhere", "is_open", "is_page", "is_personal", "refusal"]

_SOCKET = "/_stcore/stream"
_OPEN = frozenset({
    "/index.html", "/favicon.png", "/manifest.json", "/_stcore/health", "/_stcore/host-config", "/auth/login", "/healthz", "/readyz",
    "/metrics",  # asks for a token of its own
})  # fmt: skip
_ASSETS = "/static/"
_LOOKED_FOR = ("/_stcore/health", "/_stcore/host-config")  # a page asks for them below its own address too, and gets Streamlit's 404
_NEVER = re.compile(r"/_stcore/(metrics|agent|script-health-check)(/|$)")
_PERSONAL = ("/media/", "/_stcore/upload_file/")
_PROBES = frozenset({"/_stcore/health", "/healthz", "/readyz", "/metrics"})  # asked by address, not by name
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d+)?")
_ONLY_HERE = (
    "This app answers its own machine only, because nobody has to sign in.\n"
    "To open it to others, set up sign-in (NRR_OIDC_METADATA_URL and the settings beside it),\n"
    "or set NRR_ALLOW_NETWORK=yes behind a proxy that signs people in.\n"
)


def is_page(path: str) -> bool:
    """Whether it is the shell of a page, which holds nothing of anybody's."""
    return (path.removesuffix("/") or "/") in PAGES


def is_open(path: str) -> bool:
    """Whether it is for everybody besides: Streamlit's own files, health, the way to sign in."""
    return path in _OPEN or path.startswith(_ASSETS) or path.endswith(_LOOKED_FOR)


def is_personal(path: str) -> bool:
    """Whether it is somebody's file or upload."""
    return path.startswith(_PERSONAL)


def is_from_elsewhere(asked: HTTPConnection) -> bool:
    """Whether another site sent the person here, as browsers say; a page of somebody else's must not sign anybody out."""
    return asked.headers.get("sec-fetch-site", "none") in {"cross-site", "same-site"}


def refusal(asked: HTTPConnection, settings: Settings) -> Response | None:
    """Why a request is refused whoever sends it, or None."""
    path, headers, own = asked.scope["path"], asked.headers, urlsplit(settings.public_url).netloc
    if _NEVER.match(path):
        return PlainTextResponse("Not found\n", 404)
    if asked.scope["type"] == "websocket" and (path != _SOCKET or not _same_origin(headers, own)):
        return PlainTextResponse("Only pages of this app may connect.\n", 403)
    if settings.sign_in:
        if path not in _PROBES and _plain(headers.get("host", "")) != _plain(own):
            return PlainTextResponse(f"This app is at {settings.public_url} (NRR_PUBLIC_URL).\n", 421)
    elif not settings.allow_network and not _near(asked):
        return PlainTextResponse(_ONLY_HERE, 403)
    return None


def _same_origin(headers: Headers, own: str) -> bool:
    """Whether a socket is opened by one of our own pages; programs send no origin."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc in {headers.get("host"), own} - {None, ""}


def _near(asked: HTTPConnection) -> bool:
    """Whether a request comes from this machine, to this machine's name, and through no proxy."""
    if asked.client is None or any(name in asked.headers for name in _FORWARDED):
        return False
    found = _HOST.fullmatch(asked.headers.get("host", "").lower())
    host = found[1].strip("[]") if found else ""
    return _loopback(asked.client.host) and (host == "localhost" or _loopback(host))


def _loopback(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _plain(host: str) -> str:
    return host.lower().removesuffix(":443").removesuffix(":80")
