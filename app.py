"""The app as a server: what happens before the first visitor, and headers on every answer."""

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


class SecurityHeaders:
    """Adds the usual headers to every HTTP answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, headers added on the way back."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Read the sample data and author the charts, then take all of it out of the garbage collector's sight.

    Streamlit collects garbage after every rerun; frozen objects are not walked, which is most of a rerun's cost.
    """
    from pages.ui import cache  # noqa: PLC0415 - caches are made once the server runs

    cache.warm()
    gc.collect()
    gc.freeze()
    yield


app = st.App(str(ROOT / "pages" / "ui" / "main.py"), lifespan=lifespan, middleware=[Middleware(SecurityHeaders)])
