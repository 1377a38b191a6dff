"""What the app counts while it runs. Labels are fixed words of ours, never data; the address /metrics shows them."""

import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from nrr_core import Dataset

__all__ = ["REGISTRY", "errors", "imported", "opened", "rerun", "store_seconds", "watch"]

REGISTRY = CollectorRegistry()  # our own, so that nothing else of the process is shown and nothing is counted twice
ProcessCollector(registry=REGISTRY)

_RERUNS = Histogram(
    "nrr_rerun_seconds", "Time of one run of a page.", ["page"], registry=REGISTRY,
    buckets=(0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30),
)  # fmt: skip
_STORE = Histogram(
    "nrr_store_seconds", "Time of one transaction on the catalogue.", registry=REGISTRY,
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)  # fmt: skip
_IMPORTS = Counter("nrr_imports", "Imports that have ended.", ["result"], registry=REGISTRY)
_IMPORT_SECONDS = Histogram(
    "nrr_import_seconds", "Time of one import, its wait included.", registry=REGISTRY, buckets=(1, 3, 10, 30, 60, 120, 300, 900)
)
_ERRORS = Counter("nrr_errors", "Errors that went to the log.", ["source"], registry=REGISTRY)
_OPEN: "weakref.WeakSet[Dataset]" = weakref.WeakSet()

_GAUGES = {
    "sessions": Gauge("nrr_sessions", "Open browser tabs.", registry=REGISTRY),
    "running": Gauge("nrr_imports_running", "Imports that run now.", registry=REGISTRY),
    "waiting": Gauge("nrr_imports_waiting", "Imports that wait for their turn.", registry=REGISTRY),
    "open": Gauge("nrr_open_datasets", "Datasets open in this process.", registry=REGISTRY),
}
_GAUGES["open"].set_function(lambda: len(_OPEN))
for _result in ("done", "refused", "stopped", "failed"):
    _IMPORTS.labels(_result)
for _source in ("app", "server"):
    _ERRORS.labels(_source)

store_seconds = _STORE.observe


def watch(gauge: str, ask: Callable[[], float]) -> None:
    """Let a gauge ask a function whenever it is read."""
    _GAUGES[gauge].set_function(ask)


@contextmanager
def rerun(page: str) -> Iterator[None]:
    """Time one run of a page; ``page`` is a title of the navigation."""
    started = time.perf_counter()
    try:
        yield
    finally:
        _RERUNS.labels(page).observe(time.perf_counter() - started)


def imported(result: str, seconds: float) -> None:
    """Count an import that has ended: done, refused, stopped or failed."""
    _IMPORTS.labels(result).inc()
    _IMPORT_SECONDS.observe(seconds)


def opened(data: Dataset) -> Dataset:
    """Count a dataset for as long as somebody holds it."""
    _OPEN.add(data)
    return data


def errors(source: str) -> None:
    """Count an error of the app or of the server around it."""
    _ERRORS.labels(source).inc()
