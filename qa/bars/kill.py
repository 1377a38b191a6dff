"""kill −9 at random instants while publishing, and at every call of a first start and a publish."""

import random
import shutil
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qa.bar import Result
from qa.faults.bench import Bench, bench
from qa.faults.checker import STORE, Findings
from qa.faults.victim import Told, Victim

__all__ = ["NAME", "run"]

NAME = "kill −9 while publishing"
_START = 0.5  # seconds from the begin of a run within which a kill comes, where it is to meet the start
_PUBLISH = 0.08  # the same from the begin of a publish, where it is to meet that


@dataclass
class Seen:
    """What the cycles of one sort came to."""

    kills: int = 0
    amid: int = 0  # of them with a publish begun and not acknowledged
    acknowledged: int = 0
    findings: Findings = field(default_factory=Findings)


def run(full: bool) -> Result:  # noqa: FBT001 - every bar is called like this
    """Measure the bar: 200 random kills and every call of a start and a publish, or some of each."""
    wanted = 200 if full else 12
    with bench(23 if full else 4) as place, place.victim() as (victim, root):
        seen = at_random(place, victim, root, wanted)
        calls = at_calls(place, victim, root, every=1 if full else 29)
        control = rows_first(place, victim, root)
    return Result(
        name=NAME,
        demanded=f"≥ {wanted} kills, 0 acknowledged lost, 0 phantom",
        found=f"{seen.kills} kills ({seen.amid} amid a publish), {seen.acknowledged} acknowledged, {len(seen.findings.lost)} lost, "
        f"{len(seen.findings.phantoms)} phantom; {calls.kills} at set calls, {len(calls.findings.lost)} lost, "
        f"{len(calls.findings.phantoms)} phantom",
        control=f"rows before files: {len(control.findings.phantoms)} phantom after {control.kills} kills",
        passed=not seen.findings and not calls.findings and seen.kills >= wanted and seen.amid > 0 and seen.acknowledged > 0,
        control_failed=bool(control.findings.phantoms),
        faults=tuple(seen.findings.words() + calls.findings.words()),
    )


def at_random(place: Bench, victim: Victim, root: Path, kills: int) -> Seen:
    """Kill at random instants; the same disk is published on again and again, until every sample is on it."""
    draw, seen = random.Random(20), Seen()
    while seen.kills < kills:
        disk = root / f"disk{seen.kills}"
        disk.mkdir()
        told: list[dict[str, Any]] = []
        left, attempted = list(place.numbers), set[int]()
        while left and seen.kills < kills:
            amid = draw.random() < 0.75
            at = draw.choice(left[:3]) if amid else None
            now = victim.run(disk / STORE, place.jobs(left), kill_after=draw.uniform(0, _PUBLISH if amid else _START), kill_in=at)
            told += now.lines
            attempted |= now.attempted
            left = [number for number in left if number not in {line["ack"] for line in now.of("ack")}]
            _count(seen, now)
            seen.findings.add(place.checker.look(place.checker.copy_of(disk), told, attempted))
        shutil.rmtree(disk)
    return seen


def at_calls(place: Bench, victim: Victim, root: Path, *, every: int) -> Seen:
    """Kill at calls of a first start and the publish after it, one after the other: before it, or half way through a write."""
    seen, disk = Seen(), root / "calls"
    disk.mkdir()
    whole = victim.run(disk / STORE, place.jobs([0]))
    for call in range(1, sum(line["calls"] for line in whole.of("done")) + 1, every):
        shutil.rmtree(disk / STORE)
        victim.control.kill_at(call, torn=bool(call % 2))
        now = victim.run(disk / STORE, place.jobs([0]))
        victim.control.live()
        _count(seen, now)
        seen.findings.add(place.checker.look(place.checker.copy_of(disk), now.lines, now.attempted))
        again = victim.run(disk / STORE, place.jobs([0]))  # where the checker looks at a copy, this goes on where the killed one was
        _count(seen, again)
        seen.findings.add(place.checker.look(place.checker.copy_of(disk), now.lines + again.lines, {0}))
    return seen


def rows_first(place: Bench, victim: Victim, root: Path) -> Seen:
    """The control: a publisher that names files before it keeps them, killed at its last calls."""
    seen, disk = Seen(), root / "control"
    disk.mkdir()
    victim.run(disk / STORE, place.jobs([0]))
    whole = victim.run(disk / STORE, place.jobs([1]), careless="rows-first")
    calls = sum(line["calls"] for line in whole.of("done"))
    for call in range(calls - 4, calls - 44, -4):  # some of these lie between the row and its files
        shutil.rmtree(disk / STORE)
        victim.run(disk / STORE, place.jobs([0]))
        victim.control.kill_at(call)
        now = victim.run(disk / STORE, place.jobs([1]), careless="rows-first")
        victim.control.live()
        _count(seen, now)
        seen.findings.add(place.checker.look(place.checker.copy_of(disk), now.lines, {0, 1}))
        if seen.findings.phantoms:
            break
    return seen


def _count(seen: Seen, told: Told) -> None:
    killed = told.status == -signal.SIGKILL
    seen.kills += killed
    seen.amid += killed and len(told.attempted) > len(told.of("ack"))
    seen.acknowledged += len(told.of("ack"))
    if not killed and told.status:
        seen.findings.others.append(f"a publisher ended with {told.status}")
    seen.findings.others += [f"refused: {line['message']}" for line in told.of("refused")]
