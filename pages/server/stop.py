"""The end: a signal makes the process unready, lets imports end or ends them, and only then stops the server, with exit code 0."""

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from pages.server.health import Readiness
from pages.ui import jobs

__all__ = ["signals", "wind_down"]

GRACE = 10.0  # seconds that running imports are given
_NOTICE = 2.0  # seconds in which a proxy can see that this replica is not ready any more
_log = logging.getLogger("nrr.server")


def wind_down(grace: float) -> None:
    """Wait until no import runs, at most so many seconds; then end those that are left, with their processes."""
    until = time.monotonic() + grace
    while any(jobs.counts()) and time.monotonic() < until:
        time.sleep(0.1)
    jobs.stop_all()


@contextmanager
def signals(readiness: Readiness) -> Iterator[None]:
    """Take the end of the process in hand: SIGTERM gives imports time and proxies notice, SIGINT (Ctrl-C) ends them at once.

    A second signal goes straight to the server.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # a test's server in a thread: signals belong to the main thread
        return
    loop = asyncio.get_running_loop()
    before: dict[int, Any] = {}
    tasks: list[asyncio.Task[None]] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if readiness.stopping:
            _pass_on(before[number], number, frame)
            return
        readiness.stopping = True
        patient = number == signal.SIGTERM
        loop.call_soon_threadsafe(lambda: tasks.append(loop.create_task(_end(before[number], number, patient=patient))))

    for number in (signal.SIGTERM, signal.SIGINT):
        before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _end(before: Any, number: int, *, patient: bool) -> None:
    _log.info("stopping")
    notice = asyncio.sleep(_NOTICE if patient else 0)
    await asyncio.gather(asyncio.to_thread(wind_down, GRACE if patient else 0.0), notice)
    server = getattr(before, "__self__", None)
    if hasattr(server, "should_exit"):  # uvicorn's own way out; its handler would end the process by the signal, not with 0
        server.config.timeout_graceful_shutdown = int(GRACE)
        server.should_exit = True
        return
    _pass_on(before, number, None)


def _pass_on(before: Callable[[int, FrameType | None], Any] | Any, number: int, frame: FrameType | None) -> None:
    """Give a signal to whoever handled it before."""
    if callable(before):
        before(number, frame)
    else:
        signal.signal(number, before or signal.SIG_DFL)
        signal.raise_signal(number)
