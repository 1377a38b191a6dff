"""Imports that run beside the page: a thread that waits for a process, and what it knows so far."""

import logging
import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from nrr_core import Dataset
from nrr_core.engines import open_dataset
from nrr_core.errors import NrrError
from nrr_core.ingest import Options
from nrr_core.reading import prepare_apart

__all__ = ["ImportJob", "start"]

_log = logging.getLogger("nrr.app")
_SEATS = threading.BoundedSemaphore(2)  # imports at once; the others wait their turn and say so


@dataclass
class ImportJob:
    """One import: ask ``done``, then take ``dataset`` or ``error``."""

    name: str
    folder: Path
    step: str = "Waiting for another import to finish"
    share: float = 0.0
    dataset: Dataset | None = None
    error: Exception | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def done(self) -> bool:
        """Whether the import has ended, well or not."""
        return self.ended.is_set()

    def cancel(self) -> None:
        """End it; nothing is kept."""
        self.stop.set()

    def tell(self, step: str, share: float) -> None:
        """Progress, as the import reports it."""
        self.step, self.share = step, share


def start(revenue: tuple[str, bytes], accounts: tuple[str, bytes] | None, *, options: Options, last: str | None) -> ImportJob:
    """Begin an import of uploaded files, each a name and its bytes. Names are text to show, never paths."""
    folder = Path(tempfile.mkdtemp(prefix="nrr-upload-"))
    source = folder / "revenue.upload"
    source.write_bytes(revenue[1])
    second = None
    if accounts is not None:
        second = folder / "accounts.upload"
        second.write_bytes(accounts[1])
    job = ImportJob(name=revenue[0], folder=folder)
    threading.Thread(target=_run, args=(job, source, second, options, last), daemon=True).start()
    return job


def _run(job: ImportJob, source: Path, accounts: Path | None, options: Options, last: str | None) -> None:
    target = job.folder / "dataset"
    target.mkdir()
    try:
        with _SEATS:
            prepare_apart(
                source, target, accounts=accounts, last=last, options=options, name=job.name,
                on_progress=job.tell, cancelled=job.stop.is_set,
            )  # fmt: skip
        kept = Path(tempfile.mkdtemp(prefix="nrr-"))
        shutil.move(target / "model.duckdb", kept / "model.duckdb")
        job.dataset = open_dataset(kept, owned=True)
    except NrrError as error:
        job.error = error
    except Exception as error:  # noqa: BLE001 - a thread has nobody above it; logged, and told to the person
        _log.exception("import failed")
        job.error = error
    finally:
        shutil.rmtree(job.folder, ignore_errors=True)
        job.ended.set()
