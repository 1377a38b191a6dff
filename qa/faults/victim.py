"""A publisher under watch: started once, told to make runs, killed where a bar says so."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from qa.faults.shim import Control, environment

__all__ = ["ROOT", "Told", "Victim"]

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 120.0  # seconds for one run


@dataclass
class Told:
    """What one run has said."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    status: int | None = None

    def of(self, word: str) -> list[dict[str, Any]]:
        """Its lines of one sort."""
        return [line for line in self.lines if word in line]

    @property
    def attempted(self) -> set[int]:
        """Numbers that were begun."""
        return {line["attempt"] for line in self.of("attempt")}


class Victim:
    """The publishing process; ``folder`` lies outside the disk and holds its control page and log.

    Parameters
    ----------
    disk
        Folder whose calls are seen.
    drafts
        Folder of ``qa.faults.samples.make``.
    log
        Whether calls are written down, with contents.

    """

    def __init__(self, folder: Path, disk: Path, drafts: Path, *, log: bool = False) -> None:
        folder.mkdir()
        self.control = Control(folder / "control", fresh=True)
        self.log = folder / "log"
        environ = environment(disk, folder / "control", log=self.log if log else None)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "qa.faults.publisher", str(drafts), str(folder / "control")],
            cwd=ROOT, env=environ | {"OPENBLAS_NUM_THREADS": "1"}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip
        self._lines = self._read()
        if "ready" not in next(self._lines, {}):
            raise RuntimeError("The publisher did not start; its reason is on standard error.")

    def _read(self) -> Iterator[dict[str, Any]]:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        for line in self._process.stdout:
            yield json.loads(line)

    def run(
        self, data: Path, jobs: list[dict[str, Any]], *, kill_after: float | None = None, kill_in: int | None = None, **order: Any
    ) -> Told:
        """Make one run.

        ``kill_after``: with a SIGKILL so many seconds after its begin, or after the begin of publishing ``kill_in``, if it
        is not over by then.
        """
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        self._process.stdin.write(json.dumps({"data": str(data), "jobs": jobs, **order}) + "\n")
        told, timers = Told(), list[threading.Timer]()
        for line in self._lines:
            if "ended" in line:
                told.status = line["ended"]
                break
            told.lines.append(line)
            if "process" in line:
                timers.append(_kill_after(_PATIENCE, line["process"]))
            if kill_after is not None and ("process" in line if kill_in is None else line.get("attempt") == kill_in):
                timers.append(_kill_after(kill_after, told.lines[0]["process"]))
        for timer in timers:
            timer.cancel()
        if told.status is None:
            raise RuntimeError("The publisher has ended; its reason is on standard error.")
        return told

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(_PATIENCE)
        if self._process.stdout is not None:
            self._process.stdout.close()


def _kill_after(seconds: float, process: int) -> threading.Timer:
    timer = threading.Timer(seconds, _kill, [process])
    timer.start()
    return timer


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it was quicker
        os.kill(process, signal.SIGKILL)
