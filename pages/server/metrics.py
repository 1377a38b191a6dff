"""The route ``/metrics``: what the app has counted, for Prometheus, to whoever has the token or sits on this machine."""

import hmac

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from streamlit import runtime
from streamlit.runtime.stats import ACTIVE_SESSIONS_FAMILY, GaugeStat

from nrr_core.settings import Settings
from pages.server.requests import LOOPBACK, from_proxy
from pages.ui import jobs, meter

__all__ = ["allowed", "route"]

_HOSTS = ("localhost", "127.0.0.1", "[::1]")


def allowed(request: Request, settings: Settings) -> bool:
    """Whether somebody may read the metrics.

    With a token: who shows it. Without: a client of this machine that speaks to it directly, by one of its own names.
    """
    if settings.metrics_token:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.metrics_token}".encode())
    host = request.headers.get("host", "").rsplit(":", 1)[0] if not request.headers.get("host", "").endswith("]") else "[::1]"
    return request.client is not None and request.client.host in LOOPBACK and host in _HOSTS and not from_proxy(request.headers)


def route(settings: Settings) -> Route:
    """The route, with the settings of this process."""

    async def metrics(request: Request) -> Response:
        if not allowed(request, settings):
            return PlainTextResponse("Not for you.\n", status_code=403, headers={"www-authenticate": "Bearer"})
        text = await run_in_threadpool(generate_latest, meter.REGISTRY)
        return Response(text, media_type=CONTENT_TYPE_LATEST, headers={"cache-control": "no-store"})

    meter.watch("running", lambda: jobs.counts()[0])
    meter.watch("waiting", lambda: jobs.counts()[1])
    meter.watch("sessions", _sessions)
    return Route("/metrics", metrics)


def _sessions() -> float:
    """Open browser tabs, as Streamlit counts them."""
    if not runtime.exists():
        return 0.0
    found = runtime.get_instance().stats_mgr.get_stats([ACTIVE_SESSIONS_FAMILY]).get(ACTIVE_SESSIONS_FAMILY, ())
    return float(sum(one.value for one in found if isinstance(one, GaugeStat)))
