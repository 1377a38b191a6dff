"""The app as a server: what happens before the first visitor, and headers on every answer."""

import gc
import logging
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

from nrr_core.errors import SettingsError  # noqa: E402 - the line above makes it importable
from nrr_core.settings import Settings  # noqa: E402
from pages.server import health, logs, metrics, stop  # noqa: E402
from pages.ui import backend, meter  # noqa: E402

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


_log = logging.getLogger("nrr.server")
readiness = health.Readiness(backend.store)


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Read the sample data and author the charts, then take all of it out of the garbage collector's sight.

    Streamlit collects garbage after every rerun; frozen objects are not walked, which is most of a rerun's cost.
    """
    from pages.ui import cache  # noqa: PLC0415 - caches are made once the server runs

    logs.configure(settings)
    store = backend.store()
    store.catalogue.took = meter.store_seconds
    store.sweep()
    cache.warm()
    gc.collect()
    gc.freeze()
    readiness.sample = True
    _log.info("ready")
    with stop.signals(readiness):
        yield
    stop.wind_down(0)
    backend.close()
    gc.unfreeze()
    _log.info("stopped")


try:
    settings = Settings.from_environment()
except SettingsError as error:
    raise SystemExit(str(error)) from error

app = st.App(
    str(ROOT / "pages" / "ui" / "main.py"),
    lifespan=lifespan,
    middleware=[Middleware(logs.RequestLog, trusted_proxy=settings.trusted_proxy), Middleware(SecurityHeaders)],
    routes=[*health.routes(readiness), metrics.route(settings)],
)
