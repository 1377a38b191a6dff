"""The import in a process of its own, with limits: whoever asks for it never parses an upload.

It is ended when its time is over, when the person stops it, and when it has answered. What it prints is described in ``child``.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from nrr_core.errors import IngestError, NeedsAnswer, Problem, Question, Verdict
from nrr_core.ingest.child import DATABASE, memory_text
from nrr_core.ingest.report import Options

__all__ = ["Cancelled", "Limits", "Outcome", "run"]

_TICK: Final = 0.05  # seconds between looks at the child


class Cancelled(IngestError):  # noqa: N818 - it is a wish, not a failure
    """The person stopped the import; nothing was kept."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the child may use: bytes of address space and of one file, seconds of processor and of clock, open files."""

    memory: int = 4 << 30
    file_size: int = 16 << 30
    cpu_seconds: int = 600
    seconds: float = 900.0
    open_files: int = 256


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished child reported: the report as plain values, its database (without ``then``), what ``then`` returned."""

    report: dict[str, Any]
    database: Path
    result: Any = None


@dataclass
class _Stream:
    """What the child has said so far."""

    report: dict[str, Any] | None = None
    result: Any = None
    error: dict[str, Any] | None = None
    errors: list[str] = field(default_factory=list)


def run(
    source: Path,
    accounts: Path | None = None,
    options: Options | None = None,
    work: Path | None = None,
    *,
    rates: Path | None = None,
    name: str | None = None,
    on_progress: Callable[[str, float], None] = lambda _word, _share: None,
    cancelled: Callable[[], bool] = lambda: False,
    limits: Limits | None = None,
    then: str | None = None,
    then_arguments: dict[str, Any] | None = None,
) -> Outcome:
    """Import a file in a child process.

    Parameters
    ----------
    source, accounts, options, work, rates, name
        As in ``read_revenue``; the database is ``work / "import.duckdb"``.
    on_progress, cancelled
        Called in the parent while the child works.
    limits
        Memory, time and files the child may use.
    then, then_arguments
        ``package.module:function`` to call in the child after the import, and its keyword arguments (JSON).

    Raises
    ------
    IngestError
        As ``read_revenue``, and where a limit was reached.
    Cancelled
        ``cancelled()`` was true.

    """
    if work is None:
        raise ValueError("work is needed: a private folder for the child’s files")
    limits, options = limits or Limits(), options or Options()
    request = {
        "source": str(source), "accounts": None if accounts is None else str(accounts), "name": name, "work": str(work),
        "rates": None if rates is None else str(rates),
        "mapping": options.mapping, "answers": options.answers, "then": then, "then_arguments": then_arguments or {},
        "memory": limits.memory, "file_size": limits.file_size, "cpu_seconds": limits.cpu_seconds,
        "open_files": limits.open_files,
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "nrr_core.ingest.child", "--request", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(part for part in sys.path if part), "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    stream = _Stream()
    readers = [
        threading.Thread(target=_listen, args=(process.stdout, stream, on_progress), daemon=True),
        threading.Thread(target=lambda: stream.errors.append(process.stderr.read() if process.stderr else ""), daemon=True),
    ]
    for reader in readers:
        reader.start()
    with contextlib.suppress(BrokenPipeError):  # a child that died at once is reported below
        _open_pipe(process.stdin).write(json.dumps(request))
        _open_pipe(process.stdin).close()
    try:
        _wait(process, limits, cancelled)
    finally:
        _end(process)
        for reader in readers:
            reader.join(5)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
    return _outcome(process.returncode, stream, work / DATABASE, limits)


def _open_pipe(pipe: Any) -> Any:
    """The child's standard input, which exists because it was asked for."""
    if pipe is None:
        raise RuntimeError("the child has no standard input")
    return pipe


def _wait(process: "subprocess.Popen[str]", limits: Limits, cancelled: Callable[[], bool]) -> None:
    """Until the child ends; ends it on the person's wish or when its time is over."""
    started = time.monotonic()
    while process.poll() is None:
        if cancelled():
            raise Cancelled("The import was stopped. Nothing was kept.")
        if time.monotonic() - started > limits.seconds:
            raise IngestError(
                f"The import took longer than {limits.seconds:,.0f} seconds and was ended. Add the lines of each "
                f"account and month together first."
            )
        time.sleep(_TICK)


def _end(process: "subprocess.Popen[str]") -> None:
    """Make sure that the child is gone, and reaped."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):  # it ended between the question and the signal
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _listen(pipe: Any, stream: _Stream, on_progress: Callable[[str, float], None]) -> None:
    """Read the child's lines as they come."""
    for line in pipe:
        try:
            said = json.loads(line)
        except ValueError:
            stream.errors.append(line)
            continue
        if "progress" in said:
            on_progress(said["progress"][0], float(said["progress"][1]))
        elif "error" in said:
            stream.error = said["error"]
        else:
            stream.report, stream.result = said["report"], said.get("result")


def _outcome(code: int, stream: _Stream, database: Path, limits: Limits) -> Outcome:
    """The result, or the exception that the child stands for."""
    if stream.error is not None:
        problems = [Problem(**(one | {"verdict": Verdict(one["verdict"])})) for one in stream.error.get("problems", [])]
        questions = [
            Question(one["key"], one["text"], tuple(one["options"].items()), one["default"]) for one in stream.error.get("questions", [])
        ]
        kind = NeedsAnswer if stream.error["kind"] == "question" else IngestError
        raise kind(stream.error["message"], problems=problems, questions=questions, columns=stream.error.get("columns", []))
    if code == 0 and stream.report is not None:
        return Outcome(stream.report, database, stream.result)
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise IngestError(
            f"The import used more than {limits.cpu_seconds:,} seconds of processor time and was ended. Make the file smaller."
        )
    if code == -signal.SIGXFSZ:
        raise IngestError(f"The import wrote more than {limits.file_size:,} bytes and was ended. Make the file smaller.")
    text = "".join(stream.errors)
    if "MemoryError" in text or "bad_alloc" in text or code in {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS}:
        raise IngestError(memory_text(limits.memory))
    raise RuntimeError(f"the import process ended with code {code}: {text[-2000:]}")
