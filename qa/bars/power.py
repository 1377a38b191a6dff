"""Power cuts: what a disk holds when everything after the last fsync is gone, or any part of it is."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qa.bar import Result
from qa.faults.bench import Bench, bench
from qa.faults.calls import Call, read_calls
from qa.faults.checker import STORE, Findings
from qa.faults.replay import Disk, UnseenError
from qa.faults.trees import Tree, read_tree, write_tree

__all__ = ["NAME", "run"]

NAME = "power cut while publishing"
_CONTROLS = ("no fsync", "normal", "off", "rows-first")


@dataclass
class Seen:
    """What the cuts of one recording came to."""

    cuts: int = 0  # instants
    disks: int = 0  # different disks looked at
    acknowledged: int = 0  # of all disks together
    findings: Findings = field(default_factory=Findings)


@dataclass
class Recording:
    """A publisher's calls on a new disk, and what it said, each line with the number of calls before it."""

    disk: Disk
    calls: list[Call]
    lines: list[dict[str, Any]]

    @property
    def ends(self) -> set[int]:
        """Instants right after an acknowledgement: nothing of it may be on its way any more."""
        return {line["count"] for line in self.lines if "ack" in line}


def run(full: bool) -> Result:  # noqa: FBT001 - every bar is called like this
    """Measure the bar: a cut at every call, or around every acknowledgement."""
    with bench(8 if full else 2) as place:
        recording = record(place, place.numbers)
        every, chances, most = (1, 6, 160) if full else (25, 1, 10)
        seen = cuts(place, recording, every=every, chances=chances, most=most)
        controls = {control: careless(place, control) for control in _CONTROLS}
    found = {
        control: len(other.findings.phantoms if control == "rows-first" else other.findings.lost) for control, other in controls.items()
    }
    return Result(
        name=NAME,
        demanded=f"≥ {100 if full else 10} cuts, 0 acknowledged lost, 0 phantom",
        found=f"{seen.cuts} cuts, {seen.disks} different disks, {seen.acknowledged} times an acknowledged version looked for, "
        f"{len(seen.findings.lost)} lost, {len(seen.findings.phantoms)} phantom",
        control=", ".join(f"{control}: {number} {'phantom' if control == 'rows-first' else 'lost'}" for control, number in found.items()),
        passed=not seen.findings and seen.cuts >= (100 if full else 10) and seen.acknowledged > 0,
        control_failed=all(found.values()),
        faults=tuple(seen.findings.words()),
    )


def record(place: Bench, numbers: range, *, control: str | None = None) -> Recording:
    """Import and publish on a new disk in two runs, one after the other, and open some of what was published.

    Controls publish drafts from elsewhere: their imports do not matter.
    """
    with place.victim(log=True) as (victim, root):
        disk, check = Disk(root), Disk(root)
        if control == "no fsync":
            victim.control.swallow()
        order: dict[str, Any] = {} if control in {None, "no fsync"} else {"careless": control}
        how = {"copied": True} if control else {"apart": True}
        jobs = [{"number": number, "open": control is None and number % 4 == 1, **how} for number in numbers]
        half = (len(jobs) + 1) // 2
        told = [victim.run(root / STORE, part, **order) for part in (jobs[:half], jobs[half:])]
        if any(one.status or one.of("refused") for one in told):
            raise RuntimeError(f"The publisher did not end well: {told}")
        calls = read_calls(victim.log)
        if len(calls) != victim.control.count:
            raise UnseenError(f"{victim.control.count} calls were counted, {len(calls)} are in the log")
        _complete(root, calls, check)
        return Recording(disk, calls, [line for one in told for line in one.lines])


def _complete(root: Path, calls: list[Call], disk: Disk) -> None:
    """Everything that was done is in the log: replayed without a cut, it gives the files that are there."""
    for call in calls:
        disk.apply(call)
    found, made = read_tree(root), disk.current()
    if found != made:
        different = sorted(path for path in {*found, *made} if found.get(path, 0) != made.get(path, 0))
        raise UnseenError(f"The log does not explain {different}")


def cuts(place: Bench, recording: Recording, *, every: int, chances: int, most: int) -> Seen:
    """Cut the power at instants: the poorest disk at each, and at some of them (``most``) a few others (``chances``)."""
    draw, seen, known = random.Random(30), Seen(), set[str]()
    last = len(recording.calls)
    some = set(draw.sample(range(1, last + 1), min(most, last)))
    for instant, call in enumerate(recording.calls, 1):
        recording.disk.apply(call)
        if instant in some or instant in recording.ends or instant % every == 0:
            seen.cuts += 1
            for tree in _found(recording.disk, draw, chances if instant in some else 0):
                _look(place, recording, seen, known, tree=tree, instant=instant)
    return seen


def _found(disk: Disk, draw: random.Random, chances: int) -> Iterator[Tree]:
    yield disk.cut()
    for _ in range(chances):
        yield disk.cut(draw)


def _look(place: Bench, recording: Recording, seen: Seen, known: set[str], *, tree: Tree, instant: int) -> None:
    """Check one disk, unless the same was checked with the same acknowledgements."""
    lines = [line for line in recording.lines if line.get("count", 0) <= instant]
    key = hashlib.sha256(repr((sorted(tree.items()), len(lines))).encode()).hexdigest()
    if key in known:
        return
    known.add(key)
    copy = place.place("found")
    copy.mkdir()
    write_tree(tree, copy)
    acknowledged = [line for line in lines if "ack" in line]
    findings = place.checker.look(copy, lines, {line["attempt"] for line in lines if "attempt" in line})
    for found in (findings.lost, findings.phantoms, findings.others):
        found[:] = [f"{one} (cut after call {instant}, {recording.calls[instant - 1]})" for one in found]
    seen.findings.add(findings)
    seen.disks += 1
    seen.acknowledged += len(acknowledged)


def careless(place: Bench, control: str) -> Seen:
    """A control: the same with a protection removed, cut right after every acknowledgement, or at every call."""
    recording = record(place, range(2), control=control)
    return cuts(place, recording, every=7 if control == "rows-first" else len(recording.calls) + 1, chances=0, most=0)
