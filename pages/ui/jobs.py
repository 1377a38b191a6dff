"""Imports that run beside the page: a thread that waits for a process, and what it knows so far."""

import logging
import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from nrr_core import Dataset
from nrr_core.engines import open_dataset
from nrr_core.errors import IngestError, NrrError
from nrr_core.ingest import Options
from nrr_core.reading import prepare_apart
from nrr_core.store import Actor, Draft, Raw
from pages.ui import backend, meter

__all__ = ["ImportJob", "counts", "start", "stop_all"]

_log = logging.getLogger("nrr.app")
_POLL: Final = 0.2  # seconds between looks at the queue


@dataclass
class ImportJob:
    """One import: ask ``done``, then take ``dataset`` with its ``draft``, or ``error``."""

    name: str
    by: str
    folder: Path
    raw: tuple[Raw, ...]
    rates: bool = False  # whether the last of ``raw`` are exchange rates
    step: str = "Waiting"
    share: float = 0.0
    dataset: Dataset | None = None
    error: Exception | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def done(self) -> bool:
        """Whether the import has ended, well or not."""
        return self.ended.is_set()

    @property
    def draft(self) -> Draft:
        """What can be published once it has ended well."""
        return Draft(self.folder, self.raw)

    def cancel(self) -> None:
        """End it; nothing is kept."""
        self.stop.set()

    def tell(self, step: str, share: float) -> None:
        """Progress, as the import reports it."""
        self.step, self.share = step, share


class _Queue:
    """Seats for imports that run, and a line of those that wait, first come first served, one of each person at a time."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[ImportJob] = []
        self._running: list[ImportJob] = []

    def enter(self, job: ImportJob, seats: int) -> None:
        """Wait for a seat, saying how many are ahead."""
        with self._changed:
            self._waiting.append(job)
            while not self._turn(job, seats):
                ahead = self._waiting.index(job)
                job.step = (
                    "Waiting: yours is next" if not ahead else f"Waiting: {ahead} {'import' if ahead == 1 else 'imports'} ahead of yours"
                )
                if job.stop.is_set():
                    self._waiting.remove(job)
                    raise IngestError("The import was stopped while it waited. Nothing was kept.")
                self._changed.wait(_POLL)
            self._waiting.remove(job)
            self._running.append(job)

    def _turn(self, job: ImportJob, seats: int) -> bool:
        busy = {one.by for one in self._running}
        first = next((one for one in self._waiting if one.by not in busy), self._waiting[0])
        return len(self._running) < seats and first is job and not job.stop.is_set()

    def leave(self, job: ImportJob) -> None:
        """Give the seat to the next one."""
        with self._changed:
            if job in self._running:
                self._running.remove(job)
            self._changed.notify_all()

    def counts(self) -> tuple[int, int]:
        """How many run, and how many wait."""
        with self._changed:
            return len(self._running), len(self._waiting)

    def stop_all(self) -> list[ImportJob]:
        """Ask every import to end; returns them."""
        with self._changed:
            every = [*self._waiting, *self._running]
        for job in every:
            job.cancel()
        return every


_QUEUE = _Queue()


def start(
    actor: Actor,
    workspace_id: str,
    revenue: tuple[str, bytes],
    accounts: tuple[str, bytes] | None,
    *,
    rates: tuple[str, bytes] | None = None,
    options: Options,
    last: str | None,
) -> ImportJob:
    """Begin an import of uploaded files, each a name and its bytes. Names are text to show, never paths.

    The bytes are kept in the store before anything reads them.
    """
    store = backend.store()
    files = [one for one in (revenue, accounts, rates) if one is not None]
    raw = tuple(store.datasets.keep_raw(actor, workspace_id, name, content) for name, content in files)
    for one in raw:
        store.audit.add(actor, "upload", workspace_id=workspace_id, target=one.sha256, bytes=one.size)
    job = ImportJob(name=revenue[0], by=actor.user_id, folder=store.files.scratch(), raw=raw, rates=rates is not None)
    threading.Thread(target=_run, args=(job, options, last), daemon=True, name="import").start()
    return job


def counts() -> tuple[int, int]:
    """How many imports run, and how many wait."""
    return _QUEUE.counts()


def stop_all(seconds: float = 10.0) -> None:
    """End every import, at the end of the process; waits until their processes are gone."""
    for job in _QUEUE.stop_all():
        job.ended.wait(seconds)


def _run(job: ImportJob, options: Options, last: str | None) -> None:
    store, started = backend.store(), time.perf_counter()
    paths = [store.files.raw / one.sha256 for one in job.raw]
    rates = paths.pop() if job.rates else None
    try:
        _QUEUE.enter(job, store.settings.imports)
        prepare_apart(
            paths[0], job.folder, accounts=paths[1] if len(paths) > 1 else None, rates=rates, last=last, options=options, name=job.name,
            on_progress=job.tell, cancelled=job.stop.is_set, memory_mb=store.settings.import_memory_mb,
            seconds=store.settings.import_seconds, tables=True,
        )  # fmt: skip
        job.dataset = meter.opened(open_dataset(job.folder, owned=True))
    except NrrError as error:
        job.error = error
    except Exception as error:  # noqa: BLE001 - a thread has nobody above it; logged, and told to the person
        _log.exception("import failed")
        job.error = error
    finally:
        if job.dataset is None:
            shutil.rmtree(job.folder, ignore_errors=True)
        _QUEUE.leave(job)
        meter.imported(_result(job), time.perf_counter() - started)
        job.ended.set()


def _result(job: ImportJob) -> str:
    """How an import has ended, in a word for the metrics."""
    if job.dataset is not None:
        return "done"
    if job.stop.is_set():
        return "stopped"
    return "refused" if isinstance(job.error, NrrError) else "failed"
