"""The recording layer under a victim process: compiled when needed, steered through a shared page."""

import atexit
import functools
import mmap
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["Control", "Fault", "Kind", "Mode", "available", "environment", "shim"]

SOURCE = Path(__file__).with_name("shim.c")
_WORDS = ("ready", "count", "fault_at", "fault_kind", "fault_error", "fault_mode", "hits", "kill_at", "kill_torn", "swallow")
_PAGE = 4096


class Kind(IntEnum):
    """What a call does, numbered as in ``shim.c``."""

    OPEN = 0
    WRITE = 1
    TRUNCATE = 2
    ALLOCATE = 3
    FSYNC = 4
    FDATASYNC = 5
    RENAME = 6
    UNLINK = 7
    RMDIR = 8
    MKDIR = 9
    LINK = 10
    CLOSE = 11
    MAP = 12
    RANGE = 13
    OTHER = 14


class Mode(IntEnum):
    """How an armed fault shows."""

    NONE = 0
    ONCE = 1  # the call fails, the next ones work
    STICKY = 2  # it fails and so does every later one; a full disk: every later one that needs room
    SHORT = 3  # a write does half of what it was asked for and says so
    FILLS = 4  # the same, and from then on there is no room


@dataclass(frozen=True)
class Fault:
    """The ``at``-th call from now on (of one kind, if given) fails with ``error``."""

    at: int
    error: int
    mode: Mode = Mode.ONCE


def available() -> str | None:
    """The C compiler's path; None where there is none or the system is not Linux."""
    return shutil.which("cc") or shutil.which("gcc") if sys.platform == "linux" else None


@functools.cache
def shim() -> Path:
    """The compiled layer, in a temporary folder of this process."""
    compiler = available()
    if compiler is None:
        raise RuntimeError("There is no C compiler. On Debian: tests/ensure_tools.sh, or apt-get install gcc libc6-dev.")
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = folder / "shim.so"
    command = [compiler, "-Wall", "-Wextra", "-Werror", "-O2", "-shared", "-fPIC", "-pthread", "-o", str(made), str(SOURCE)]
    subprocess.run(command, check=True)
    return made


class Control:
    """The shared page: counters to read, faults to arm. The victim's process may hold one too."""

    def __init__(self, path: Path, *, fresh: bool = False) -> None:
        if fresh:
            path.write_bytes(bytes(_PAGE))
        with path.open("r+b") as stream:
            self._page = mmap.mmap(stream.fileno(), _PAGE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._page.close()

    def _get(self, word: str) -> int:
        return int(struct.unpack_from("q", self._page, 8 * _WORDS.index(word))[0])

    def _set(self, **words: int) -> None:
        for word, value in words.items():
            struct.pack_into("q", self._page, 8 * _WORDS.index(word), value)

    @property
    def count(self) -> int:
        """Calls so far."""
        return self._get("count")

    @property
    def hits(self) -> int:
        """Calls that were failed or cut short so far."""
        return self._get("hits")

    def arm(self, fault: Fault) -> None:
        """From now on a call is to fail."""
        self._set(fault_mode=Mode.NONE, hits=0)
        self._set(fault_at=self.count + fault.at, fault_kind=0, fault_error=fault.error)
        self._set(fault_mode=fault.mode)

    def disarm(self) -> None:
        """No fault any more."""
        self._set(fault_mode=Mode.NONE)

    def kill_at(self, call: int, *, torn: bool = False) -> None:
        """The process that makes this call (1 is the next) kills itself instead; ``torn``: in the middle of it."""
        self._set(kill_torn=int(torn), kill_at=self.count + call)

    def live(self) -> None:
        """No kill any more."""
        self._set(kill_at=0)

    def swallow(self) -> None:
        """Let fsync say that it worked and do nothing."""
        self._set(swallow=1)


def environment(root: Path, control: Path, *, log: Path | None = None, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Environment of a victim whose calls under ``root`` are seen."""
    seen = {"LD_PRELOAD": str(shim()), "FAULT_ROOT": str(root), "FAULT_CONTROL": str(control)}
    return {**base, **seen, **({"FAULT_LOG": str(log)} if log else {})}
