"""A full disk and I/O errors at every step of a publish and of a first start: the old state or the new one, told in words."""

import errno
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qa.bar import Result
from qa.faults.bench import Bench, bench
from qa.faults.checker import STORE, Findings
from qa.faults.shim import Mode
from qa.faults.victim import Told, Victim

__all__ = ["NAME", "run"]

NAME = "full disk and I/O errors while publishing"
_FAULTS = {
    "full from here on": (errno.ENOSPC, Mode.STICKY),
    "full half way through a write": (errno.ENOSPC, Mode.FILLS),
    "no room once": (errno.ENOSPC, Mode.ONCE),
    "over quota": (errno.EDQUOT, Mode.STICKY),
    "I/O error once": (errno.EIO, Mode.ONCE),
    "I/O error once, then a kill": (errno.EIO, Mode.ONCE),
    "I/O errors from here on": (errno.EIO, Mode.STICKY),
    "short write": (0, Mode.SHORT),
}
_FEW = ("full half way through a write", "I/O error once", "I/O errors from here on")


@dataclass
class Seen:
    """What the faults of one sort came to."""

    faults: int = 0  # that happened
    refused: int = 0  # with a message
    made: int = 0  # all the same
    unsaid: list[str] = field(default_factory=list)  # refused without a message for people
    findings: Findings = field(default_factory=Findings)

    def words(self) -> list[str]:
        """Everything that was wrong."""
        return [*self.unsaid, *self.findings.words()]


def run(full: bool) -> Result:  # noqa: FBT001 - every bar is called like this
    """Measure the bar: every call of a publish × every fault, of a first start × three, some of an import; or a few of each."""
    with bench(4) as place, place.victim() as (victim, root):
        publish = publishing(place, victim, root, faults=tuple(_FAULTS) if full else _FEW, every=1 if full else 17)
        imported = publishing(place, victim, root, faults=_FEW if full else _FEW[:1], every=6 if full else 97, apart=True)
        start = starting(place, victim, root, faults=_FEW if full else _FEW[1:], every=1 if full else 83)
        control = publishing(place, victim, root, faults=_FEW[:1], every=4, careless="rows-first")
    wrong = [*publish.words(), *imported.words(), *start.words()]
    sorts = {"a publish": publish, "an import and its publish": imported, "a first start": start}
    return Result(
        name=NAME,
        demanded="old or new state, never mixed; a message; the next publish works",
        found="; ".join(f"{one.faults} faults in {sort}: {one.refused} told, {one.made} made good" for sort, one in sorts.items())
        + f"; {len(wrong)} wrong",
        control=f"rows before files: {len(control.findings.phantoms)} phantom after {control.faults} faults",
        passed=not wrong and all(one.refused > 0 for one in sorts.values()),
        control_failed=bool(control.findings.phantoms),
        faults=tuple(wrong),
    )


def publishing(
    place: Bench, victim: Victim, root: Path, *, faults: Sequence[str], every: int, careless: str | None = None, apart: bool = False
) -> Seen:
    """A fault at calls of the second publish, a third one in the same process right after it, and then a look.

    ``apart``: with the import before it, in a process of its own whose files lie on the same disk.
    """
    seen, base, disk = Seen(), place.place("base"), root / "publishing"
    order: dict[str, Any] = {"careless": careless} if careless else {}
    disk.mkdir()
    first = victim.run(disk / STORE, place.jobs([0]))
    shutil.copytree(disk, base)
    second = {"number": 1, "apart": apart}
    calls = next(line["calls"] for line in victim.run(disk / STORE, [second], **order).of("done") if line["done"] == 1)
    for fault in faults:
        for call in range(1, calls + 1, every):
            _renewed(disk, base)
            killed = fault.endswith("then a kill")
            jobs: list[dict[str, Any]] = [second | {"fault": [call, *_FAULTS[fault]]}, *([] if killed else [{"number": 2}])]
            now = victim.run(disk / STORE, jobs, abandon=killed, **order)
            _judge(seen, now, what=1, why=f"{fault}, call {call} of a publish")
            if not killed and (not now.of("ack") or now.of("ack")[-1]["ack"] != 2):
                seen.findings.others.append(f"the next publish did not work ({fault}, call {call})")
            _look(place, seen, disk, first.lines + now.lines, why=f"{fault}, call {call} of a publish")
            if careless and seen.findings.phantoms:
                return seen
    shutil.rmtree(disk)
    return seen


def starting(place: Bench, victim: Victim, root: Path, *, faults: Sequence[str], every: int) -> Seen:
    """A fault at calls of a first start, another start in the same process, a publish, and then a look."""
    seen, disk = Seen(), root / "starting"
    disk.mkdir()
    calls = next(line["calls"] for line in victim.run(disk / STORE, []).of("done"))
    for fault in faults:
        for call in range(1, calls + 1, every):
            shutil.rmtree(disk / STORE, ignore_errors=True)
            now = victim.run(disk / STORE, place.jobs([0]), fault=[call, *_FAULTS[fault]])
            why = f"{fault}, call {call} of a start"
            _judge(seen, now, what="start", why=why)
            if len(now.of("ack")) != 1:
                seen.findings.others.append(f"the publish after it did not work ({why})")
            _look(place, seen, disk, now.lines, why=why)
    shutil.rmtree(disk)
    return seen


def _renewed(disk: Path, base: Path) -> None:
    shutil.rmtree(disk)
    shutil.copytree(base, disk)


def _judge(seen: Seen, told: Told, *, what: Any, why: str) -> None:
    """Whether the fault happened, and what the publisher said about it."""
    line = next(_about(told, what), None)
    if told.status or line is None:
        seen.findings.others.append(f"the publisher ended with {told.status} ({why})")
    elif line["hits"]:
        seen.faults += 1
        seen.refused += "refused" in line
        seen.made += "done" in line
        if "refused" in line and not line["said"]:
            seen.unsaid.append(f"no message: {line['kind']}: {line['message']} ({why})")


def _about(told: Told, what: Any) -> Iterator[dict[str, Any]]:
    return (line for line in told.lines if line.get("done", line.get("refused")) == what)


def _look(place: Bench, seen: Seen, disk: Path, lines: list[dict[str, Any]], *, why: str) -> None:
    findings = place.checker.look(place.checker.copy_of(disk), lines, {0, 1, 2})
    for found in (findings.lost, findings.phantoms, findings.others):
        found[:] = [f"{one} ({why})" for one in found]
    seen.findings.add(findings)
