"""The gate: who may reach what. Everything is refused that is not allowed here.

Without sign-in the app is for the people of this machine. With sign-in the page's empty shell is for everybody, and what is
in it, its files and its uploads are for the person they were made for, as long as the sign-in holds.
"""

import ipaddress
import logging
import re
from collections.abc import Callable
from urllib.parse import parse_qs, quote, urlsplit

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nrr_core.errors import AccessError, StoreError
from nrr_core.settings import Settings
from nrr_core.store import Store, session_key
from pages.server.cookies import PAGES, RETURN, TOLD, Cookies, address_of, own_address, set_by
from pages.server.sessions import Sessions, Standing
from pages.server.sockets import Issued, Watched, screened

__all__ = ["TOLD_HEADER", "Gate"]

TOLD_HEADER = "x-nrr-told"  # from the gate to the script: why nobody is signed in; never taken from outside
_log = logging.getLogger("nrr.gate")
_SOCKET = "/_stcore/stream"
_OPEN = frozenset({
    "/index.html", "/favicon.png", "/manifest.json", "/_stcore/health", "/_stcore/host-config", "/auth/login", "/healthz", "/readyz",
    "/metrics",  # asks for a token of its own
})  # fmt: skip
_ASSETS = "/static/"
_LOOKED_FOR = ("/_stcore/health", "/_stcore/host-config")  # a page asks for them below its own address too, and gets Streamlit's 404
_NEVER = re.compile(r"/_stcore/(metrics|agent|script-health-check)(/|$)")
_PERSONAL = ("/media/", "/_stcore/upload_file/")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d+)?")
_PROBES = frozenset({"/_stcore/health", "/healthz", "/readyz", "/metrics"})  # asked by address, not by name
_ONLY_HERE = (
    "This app answers its own machine only, because nobody has to sign in.\n"
    "To open it to others, set up sign-in (NRR_OIDC_METADATA_URL and the settings beside it),\n"
    "or set NRR_ALLOW_NETWORK=yes behind a proxy that signs people in.\n"
)


class Gate:
    """The middleware between the network and Streamlit."""

    def __init__(self, app: ASGIApp, *, settings: Settings, store: Callable[[], Store]) -> None:
        self.app = app
        self._settings = settings
        self._store = store
        self._cookies = Cookies(settings)
        self._sessions = Sessions(store)
        self._issued = Issued()
        self._host = urlsplit(settings.public_url).netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Allow, change or refuse one request or socket."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        refusal = self._refusal(asked)
        if refusal is not None:
            await _refuse(refusal, scope, receive, send)
            return
        scope = _without(scope, TOLD_HEADER)
        try:
            await self._answer(scope, receive, send)
        except StoreError as error:
            _log.exception("the catalogue could not be asked")
            await _refuse(PlainTextResponse(f"{error}\n", 503), scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._settings.sign_in:
            await self.app(scope, receive, self._hardened(send))
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._request(scope, receive, send)

    # --- for everybody ------------------------------------------------------------------------------------------------

    def _refusal(self, asked: HTTPConnection) -> Response | None:
        """Why a request is refused whoever sends it, or None."""
        path, headers = asked.scope["path"], asked.headers
        if _NEVER.match(path):
            return PlainTextResponse("Not found\n", 404)
        if asked.scope["type"] == "websocket" and (path != _SOCKET or not self._same_origin(headers)):
            return PlainTextResponse("Only pages of this app may connect.\n", 403)
        if self._settings.sign_in:
            if path not in _PROBES and _plain_host(headers.get("host", "")) != _plain_host(self._host):
                return PlainTextResponse(f"This app is at {self._settings.public_url} (NRR_PUBLIC_URL).\n", 421)
        elif not self._settings.allow_network and not _near(asked):
            return PlainTextResponse(_ONLY_HERE, 403)
        return None

    def _same_origin(self, headers: Headers) -> bool:
        """Whether a socket is opened by one of our own pages; programs send no origin."""
        origin = headers.get("origin")
        return origin is None or urlsplit(origin).netloc in {headers.get("host"), self._host} - {None, ""}

    # --- with sign-in -------------------------------------------------------------------------------------------------

    async def _standing(self, scope: Scope) -> tuple[str, Standing]:
        """The session key of a request's cookie and how it stands; no key without a cookie."""
        claims = self._cookies.claims(HTTPConnection(scope).cookies)
        if claims is None:
            return "", Standing(None)
        key = session_key(claims)
        return key, await self._sessions.standing(key)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == "/oauth2callback":
            await self.app(scope, receive, self._hardened(self._returning(scope, send)))
        elif path == "/auth/logout":
            key, _ = await self._standing(scope)
            if key:
                await self._sessions.end(key)
            await self.app(scope, receive, self._hardened(send))
        elif (path.removesuffix("/") or "/") in PAGES:
            await self.app(scope, receive, self._hardened(await self._showing(scope, send)))
        elif path in _OPEN or path.startswith(_ASSETS) or path.endswith(_LOOKED_FOR):
            await self.app(scope, receive, self._hardened(self._leaving(scope, send) if path == "/auth/login" else send))
        else:
            await self._personal(scope, receive, send)

    async def _personal(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whatever is not for everybody: for a sign-in that holds, and files and uploads for the one they were sent to."""
        path = scope["path"]
        key, standing = await self._standing(scope)
        if not standing.live:
            if path.startswith("/s/") and scope["method"] == "GET" and own_address(path):
                answer: Response = RedirectResponse("/?signin=link", 302)
                answer.headers.append("set-cookie", self._cookies.to_return(path))
            else:
                answer = PlainTextResponse(f"{standing.reason or 'You are not signed in.'}\n", 401)
            await answer(scope, receive, send)
        elif path.startswith(_PERSONAL) and not self._issued.to(key, path):
            await PlainTextResponse("Not found\n", 404)(scope, receive, send)
        else:
            scope.setdefault("state", {})["actor"] = standing.actor
            await self.app(scope, receive, self._hardened(send))

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A socket: watched while its sign-in holds; without one it is nobody's, and hears why."""
        key, standing = await self._standing(scope)
        if not standing.live:
            reason = standing.reason or self._cookies.told(HTTPConnection(scope).cookies)
            await self.app(self._nobody(scope, reason), screened(receive), send)
            return

        async def live() -> bool:
            try:
                return (await self._sessions.standing(key)).live
            except StoreError:
                _log.exception("the catalogue could not be asked")
                return False

        watched = Watched(receive, live)
        try:
            await self.app(scope, watched, self._issued.sending(key, send))
        finally:
            watched.close()

    def _nobody(self, scope: Scope, reason: str) -> Scope:
        """The scope of a socket without identity."""
        cookies = HTTPConnection(scope).cookies
        kept = "; ".join(f"{name}={value}" for name, value in cookies.items() if name not in self._cookies.identity(cookies))
        bare = _without(scope, "cookie")
        bare["headers"] = [*bare["headers"], (b"cookie", kept.encode("latin-1")), (TOLD_HEADER.encode(), quote(reason).encode())]
        return bare

    # --- what answers carry -------------------------------------------------------------------------------------------

    def _hardened(self, send: Send) -> Send:
        """Streamlit's cookies as this deployment wants them."""

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, self._cookies.hardened(value.decode("latin-1")).encode("latin-1") if name.lower() == b"set-cookie" else value)
                    for name, value in message["headers"]
                ]
            await send(message)

        return changed

    async def _showing(self, scope: Scope, send: Send) -> Send:
        """A page for somebody who is not signed in remembers its address; a cookie whose sign-in is over goes."""
        try:
            _, standing = await self._standing(scope)
        except StoreError:
            return send  # the page itself says so
        cookies = HTTPConnection(scope).cookies
        if standing.live or scope["method"] != "GET":
            return send
        gone = self._cookies.dropped(self._cookies.identity(cookies))
        tell = [self._cookies.to_tell(standing.reason)] if standing.reason else []
        address = own_address(scope["path"] + (f"?{query}" if (query := scope["query_string"].decode("latin-1")) else ""))
        return _adding(send, [*gone, *tell, *self._wish(address, cookies)])

    def _leaving(self, scope: Scope, send: Send) -> Send:
        """On the way to the provider: come back to the page that was left, if it is one of ours."""
        asked = HTTPConnection(scope)
        return _adding(send, self._wish(address_of(asked.headers.get("referer", ""), self._settings.public_url), asked.cookies))

    def _wish(self, address: str | None, cookies: dict[str, str]) -> list[str]:
        """Headers that keep an address, or forget an earlier one; pages that only tell something change nothing."""
        if address is None or {"signin", "denied"} & set(parse_qs(urlsplit(address).query, keep_blank_values=True)):
            return []
        if address == "/":
            return self._cookies.dropped([RETURN]) if RETURN in cookies else []
        return [self._cookies.to_return(address)]

    def _returning(self, scope: Scope, send: Send) -> Send:
        """Back from the provider: a session begins, or the person hears why not."""
        asked = HTTPConnection(scope)
        query = parse_qs(scope["query_string"].decode("latin-1"))

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                claims = self._cookies.claims(set_by(headers.getlist("set-cookie")))
                if claims is not None:
                    await self._begin(claims, asked.cookies, headers)
                elif "error" in query or "code" in query:
                    self._tell(_failed(query), headers)
                message["headers"] = headers.raw
            await send(message)

        return changed

    async def _begin(self, claims: dict[str, object], cookies: dict[str, str], headers: MutableHeaders) -> None:
        """Begin a session of the store's for new claims, or take their cookies back."""
        try:
            await to_thread.run_sync(self._store().people.sign_in, claims)
        except StoreError as error:
            if not isinstance(error, AccessError):
                _log.exception("a sign-in could not be noted")
            others = [one for one in headers.getlist("set-cookie") if not self._cookies.identity([one])]
            del headers["set-cookie"]
            for one in [*others, *self._cookies.dropped(self._cookies.identity(cookies))]:
                headers.append("set-cookie", one)
            self._tell(str(error), headers)
            return
        before = self._cookies.claims(cookies)
        if before is not None and session_key(before) != session_key(claims):
            await self._sessions.end(session_key(before))
        headers["location"] = self._cookies.kept_address(cookies) or "/"
        for one in self._cookies.dropped([RETURN, TOLD]):
            headers.append("set-cookie", one)

    def _tell(self, reason: str, headers: MutableHeaders) -> None:
        headers["location"] = "/?denied=1"
        headers.append("set-cookie", self._cookies.to_tell(reason))


def _failed(query: dict[str, list[str]]) -> str:
    """Why no identity came back, in our words: what the address says is not repeated."""
    if query.get("error") == ["access_denied"]:
        return "The sign-in was cancelled, or your identity provider does not let you use this app."
    if "error" in query:
        return "Your identity provider could not sign you in. Try again; if it happens again, tell whoever runs the app."
    return "The sign-in was not completed. Try again."


def _near(asked: HTTPConnection) -> bool:
    """Whether a request comes from this machine, to this machine's name, and through no proxy."""
    client = asked.client.host if asked.client else ""
    if any(name in asked.headers for name in _FORWARDED):
        return False
    host = _name(asked.headers.get("host", ""))
    return _loopback(client) and (host == "localhost" or _loopback(host))


def _name(host: str) -> str:
    """The name in a Host header, without its port; empty where it is no host."""
    found = _HOST.fullmatch(host.lower())
    return found[1].strip("[]") if found else ""


def _loopback(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _plain_host(host: str) -> str:
    return host.lower().removesuffix(":443").removesuffix(":80")


def _without(scope: Scope, name: str) -> Scope:
    """A scope without a header."""
    return {**scope, "headers": [one for one in scope["headers"] if one[0].lower() != name.encode()]}


def _adding(send: Send, cookies: list[str]) -> Send:
    """A ``send`` that sets cookies on the way."""

    async def changed(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *((b"set-cookie", one.encode("latin-1")) for one in cookies)]
        await send(message)

    return changed


async def _refuse(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await answer(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
