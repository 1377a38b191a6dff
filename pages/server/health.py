"""The routes ``/healthz`` (the process lives) and ``/readyz`` (it can serve people): for proxies and schedulers."""

import asyncio
import contextlib
import logging
import tempfile
import threading
import time
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from nrr_core.store import Store

__all__ = ["CHECKS", "Readiness", "routes"]

CHECKS = ("running", "sample", "catalogue", "schema", "files")
_KEPT = 2.0  # seconds for which an answer is good
_log = logging.getLogger("nrr.server")
_PATIENCE = 3.0  # seconds for one look; what takes longer has failed


class Readiness:
    """Whether this process can serve people. One look at a time; whoever asks meanwhile gets the last answer, if it is fresh."""

    def __init__(self, store: Callable[[], Store]) -> None:
        self.sample = False
        self.stopping = False
        self._store = store
        self._looking = threading.Lock()
        self._last: tuple[float, dict[str, bool]] = (float("-inf"), {})

    async def checks(self) -> dict[str, bool]:
        """Every check's result. ``running`` and ``sample`` are of this moment, the others at most two seconds old."""
        now = {"running": not self.stopping, "sample": self.sample}
        if time.monotonic() - self._last[0] > _KEPT and self._looking.acquire(blocking=False):
            # a look that hangs keeps the lock, so that only one thread ever waits for a dead database
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(run_in_threadpool(self._look)), _PATIENCE)
        fresh = time.monotonic() - self._last[0] <= _KEPT + _PATIENCE
        return now | {name: fresh and self._last[1].get(name, False) for name in CHECKS[2:]}

    def _look(self) -> None:
        found = dict.fromkeys(CHECKS[2:], False)
        try:
            store = self._store()
            found["files"] = _writes(store)
            revision = store.catalogue.revision()
            found |= {"catalogue": True, "schema": revision == store.catalogue.revisions()[0]}
        except Exception:  # noqa: BLE001 - whatever it is: not ready, and the log knows more
            _log.warning("not ready", exc_info=True)
        finally:
            self._last = (time.monotonic(), found)
            self._looking.release()


def _writes(store: Store) -> bool:
    """Whether a file can be made in the store; the catalogue is asked all the same."""
    try:
        with tempfile.NamedTemporaryFile(prefix="ready-", dir=store.files.tmp) as probe:
            probe.write(b"ready")
            probe.flush()
    except OSError:
        _log.warning("the store's folder can't be written", exc_info=True)
        return False
    return True


def routes(readiness: Readiness) -> list[Route]:
    """Both routes. They say which check failed and nothing else."""

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n", headers={"cache-control": "no-store"})

    async def readyz(_: Request) -> Response:
        checks = await readiness.checks()
        well = all(checks.values())
        return JSONResponse({"ready": well, "checks": checks}, status_code=200 if well else 503, headers={"cache-control": "no-store"})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
