"""To the identity provider and back: where somebody wanted to go, a session for whoever may come in, words for whoever may not."""

import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import Message, Scope, Send

from nrr_core.errors import AccessError, StoreError
from nrr_core.settings import Settings
from nrr_core.store import Store, session_key
from pages.server.cookies import RETURN, TOLD, Cookies, address_of, own_address, set_by
from pages.server.sessions import Sessions, Standing

__all__ = ["Journey"]

_FAILED = 400
_log = logging.getLogger("nrr.gate")


class Journey:
    """What answers carry on the way. Every method gives a ``send`` that changes an answer's head."""

    def __init__(self, settings: Settings, cookies: Cookies, sessions: Sessions, store: Callable[[], Store]) -> None:
        self._origin = settings.public_url
        self._cookies = cookies
        self._sessions = sessions
        self._store = store

    def showing(self, scope: Scope, send: Send, standing: Standing) -> Send:
        """A page for somebody who is not in: its address is kept, and a cookie whose sign-in is over goes."""
        cookies = HTTPConnection(scope).cookies
        query = scope["query_string"].decode("latin-1")

        async def kept(headers: MutableHeaders, _: Message) -> None:
            _set(headers, self._cookies.dropped(self._cookies.identity(cookies)))
            _set(headers, [self._cookies.to_tell(standing.reason)] if standing.reason else [])
            _set(headers, self._wish(own_address(scope["path"] + (f"?{query}" if query else "")), cookies))

        return send if standing.live or scope["method"] != "GET" else _changing(send, kept)

    def leaving(self, scope: Scope, send: Send) -> Send:
        """To the provider: the page that was left is where one comes back to; no way leads to a provider that is down."""
        asked = HTTPConnection(scope)

        async def left(headers: MutableHeaders, message: Message) -> None:
            _set(headers, self._wish(address_of(asked.headers.get("referer", ""), self._origin), asked.cookies))
            if message["status"] >= _FAILED:
                message["status"] = 302
                self._tell("Your identity provider does not answer. Try again in a minute.", headers)

        return _changing(send, left)

    def returning(self, scope: Scope, send: Send) -> Send:
        """Back from the provider: a session begins, or the person hears why not."""
        asked = HTTPConnection(scope)
        query = parse_qs(scope["query_string"].decode("latin-1"))

        async def returned(headers: MutableHeaders, _: Message) -> None:
            claims = self._cookies.claims(set_by(headers.getlist("set-cookie")))
            if claims is not None:
                await self._begin(claims, asked.cookies, headers)
            elif "error" in query or "code" in query:
                self._tell(_failed(query), headers)

        return _changing(send, returned)

    async def _begin(self, claims: Mapping[str, Any], cookies: Mapping[str, str], headers: MutableHeaders) -> None:
        """Begin a session of the store's for new claims, or take their cookies back."""
        try:
            await to_thread.run_sync(self._store().people.sign_in, claims)
        except StoreError as error:
            if not isinstance(error, AccessError):
                _log.exception("a sign-in could not be noted")
            others = [one for one in headers.getlist("set-cookie") if not self._cookies.identity([one])]
            del headers["set-cookie"]
            _set(headers, [*others, *self._cookies.dropped(self._cookies.identity(cookies))])
            self._tell(str(error), headers)
            return
        before = self._cookies.claims(cookies)
        if before is not None and session_key(before) != session_key(claims):
            await self._sessions.end(session_key(before))
        headers["location"] = self._cookies.kept_address(cookies) or "/"
        _set(headers, self._cookies.dropped([RETURN, TOLD]))

    def _wish(self, address: str | None, cookies: Mapping[str, str]) -> list[str]:
        """Headers that keep an address, or forget an earlier one; pages that only tell something change nothing."""
        if address is None or {"signin", "denied"} & set(parse_qs(urlsplit(address).query, keep_blank_values=True)):
            return []
        if address == "/":
            return self._cookies.dropped([RETURN]) if RETURN in cookies else []
        return [self._cookies.to_return(address)]

    def _tell(self, reason: str, headers: MutableHeaders) -> None:
        headers["location"] = "/?denied=1"
        _set(headers, [self._cookies.to_tell(reason)])


def _failed(query: Mapping[str, list[str]]) -> str:
    """Why no identity came back, in our words: what the address says is not repeated."""
    if query.get("error") == ["access_denied"]:
        return "The sign-in was cancelled, or your identity provider does not let you use this app."
    if "error" in query:
        return "Your identity provider could not sign you in. Try again; if it happens again, tell whoever runs the app."
    return "The sign-in was not completed. Try again."


def _set(headers: MutableHeaders, cookies: list[str]) -> None:
    for one in cookies:
        headers.append("set-cookie", one)


def _changing(send: Send, change: Callable[[MutableHeaders, Message], Any]) -> Send:
    """A ``send`` that changes the head of an answer."""

    async def changed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            await change(headers, message)
            message["headers"] = headers.raw
        await send(message)

    return changed
