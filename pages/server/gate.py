"""The gate: who may reach what. Everything is refused that is not allowed here.

Without sign-in the app is for the people of this machine. With sign-in the page's empty shell is for everybody, and what is
in it, its files and its uploads are for the person they were made for, as long as the sign-in holds.
"""

import logging
from collections.abc import Callable
from urllib.parse import quote

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nrr_core.errors import StoreError
from nrr_core.settings import Settings
from nrr_core.store import Store, session_key
from pages.server import rules
from pages.server.cookies import Cookies, own_address
from pages.server.journey import Journey
from pages.server.sessions import Sessions, Standing
from pages.server.sockets import Issued, Watched, screened

__all__ = ["TOLD_HEADER", "Gate"]

TOLD_HEADER = "x-nrr-told"  # from the gate to the script: why nobody is signed in; never taken from outside
_log = logging.getLogger("nrr.gate")


class Gate:
    """The middleware between the network and Streamlit."""

    def __init__(self, app: ASGIApp, *, settings: Settings, store: Callable[[], Store]) -> None:
        self.app = app
        self._settings = settings
        self._cookies = Cookies(settings)
        self._sessions = Sessions(store)
        self._issued = Issued()
        self._journey = Journey(settings, self._cookies, self._sessions, store)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Allow, change or refuse one request or socket."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        refused = rules.refusal(HTTPConnection(scope), self._settings)
        if refused is not None:
            await _refuse(refused, scope, receive, send)
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
            send = self._journey.returning(scope, send)
        elif path == "/auth/login":
            send = self._journey.leaving(scope, send)
        elif path == "/auth/logout":
            if rules.is_from_elsewhere(HTTPConnection(scope)):
                await RedirectResponse("/", 302)(scope, receive, send)
                return
            key, _ = await self._standing(scope)
            if key:
                await self._sessions.end(key)
        elif rules.is_page(path):
            send = await self._showing(scope, send)
        elif not rules.is_open(path):
            await self._personal(scope, receive, send)
            return
        await self.app(scope, receive, self._hardened(send))

    async def _showing(self, scope: Scope, send: Send) -> Send:
        try:
            _, standing = await self._standing(scope)
        except StoreError:
            _log.exception("the catalogue could not be asked")
            return send  # the page itself says so
        return self._journey.showing(scope, send, standing)

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
        elif rules.is_personal(path) and not self._issued.to(key, path):
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


def _without(scope: Scope, name: str) -> Scope:
    """A scope without a header."""
    return {**scope, "headers": [one for one in scope["headers"] if one[0].lower() != name.encode()]}


async def _refuse(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await answer(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
