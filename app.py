"""The app as a server: what happens before the first visitor and after the last one, and what every request passes."""

import gc
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from nrr_core.errors import SettingsError  # noqa: E402 - the line above makes it importable
from nrr_core.settings import Settings  # noqa: E402
from pages.server import health, logs, metrics, share, stop  # noqa: E402
from pages.server.gate import Gate  # noqa: E402
from pages.server.headers import SecurityHeaders  # noqa: E402
from pages.server.provider import auth_secrets  # noqa: E402
from pages.ui import backend, meter  # noqa: E402

_log = logging.getLogger("nrr.server")
readiness = health.Readiness(backend.store)


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Open the store, read the sample data and author the charts, then take all of it out of the garbage collector's sight.

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
    try:
        with stop.signals(readiness):
            yield
        stop.wind_down(0)
    finally:
        backend.close()
        gc.unfreeze()
        _log.info("stopped")


try:
    settings = Settings.from_environment()
except SettingsError as error:
    raise SystemExit(str(error)) from error

app = st.App(
    str(ROOT / "pages" / "ui" / "main.py"),
    secrets=auth_secrets(settings),
    lifespan=lifespan,
    middleware=[
        Middleware(logs.RequestLog, trusted_proxy=settings.trusted_proxy),
        Middleware(SecurityHeaders, public_url=settings.public_url),
        Middleware(Gate, settings=settings, store=backend.store),
    ],
    routes=[*health.routes(readiness), metrics.route(settings), *share.routes],
)
