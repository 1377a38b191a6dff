"""Timing: ways to answer one question, run in turn, so that whatever else the machine does hits them alike."""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Answer", "Failed", "Way", "interleaved", "median_ms", "once"]

Answer = dict[tuple[str, ...], tuple[int, ...]]  # segment, month … → exact sums
QUICK_MS, QUICK_RUNS = 200, 5  # what is quicker than this runs so often in a round


class Failed(AssertionError):  # noqa: N818 - what happened, in the words of the command
    """Two ways gave different answers: none of their times means anything."""


def once(run: Callable[[], Any]) -> tuple[Any, float]:
    """A result and the milliseconds it took."""
    started = time.perf_counter()
    found = run()
    return found, (time.perf_counter() - started) * 1000


def median_ms(run: Callable[[], Any], rounds: int) -> float:
    """Median milliseconds of some rounds."""
    return statistics.median(once(run)[1] for _ in range(rounds))


@dataclass
class Way:
    """One way to answer a question.

    Parameters
    ----------
    run
        The work that is timed. It is given the number of the round, and may ask a different question in each.
    answer
        What ``run`` returned as exact sums, compared between ways outside the timing; None where there is nothing to
        compare (a scan).
    once
        Run only once a round: its second run would be another question (first use).

    """

    run: Callable[[int], Any]
    answer: Callable[[Any], Answer] | None
    once: bool = False
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def interleaved(ways: dict[str, Way], *, rounds: int) -> dict[str, dict[str, float]]:
    """Median milliseconds of every way, over rounds in which each way runs after the other.

    Round 0 warms up and is not counted. Answers are compared in every round.

    Raises
    ------
    Failed
        Answers differ.

    """
    for turn in range(rounds + 1):
        answers = {name: _round(way, turn) for name, way in ways.items()}
        _compare({name: answer for name, answer in answers.items() if answer is not None})
    return {
        name: {"ms": statistics.median(way.wall), "cpu_ms": statistics.median(way.cpu), "runs": len(way.wall)} for name, way in ways.items()
    }


def _round(way: Way, turn: int) -> Answer | None:
    gc.collect()
    spent = _timed(way, turn)
    if turn and not way.once and spent[1] < QUICK_MS:
        for _ in range(QUICK_RUNS - 1):
            spent = _timed(way, turn)
    if turn == 0:
        way.wall.clear()
        way.cpu.clear()
    return way.answer(spent[0]) if way.answer else None


def _timed(way: Way, turn: int) -> tuple[Any, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    result = way.run(turn)
    way.wall.append((time.perf_counter() - wall) * 1000)
    way.cpu.append((time.process_time() - cpu) * 1000)
    return result, way.wall[-1]


def _compare(answers: dict[str, Answer]) -> None:
    names: Sequence[str] = list(answers)
    for name in names[1:]:
        one, other = answers[names[0]], answers[name]
        for key in sorted({*one, *other}):
            if one.get(key) != other.get(key):
                message = f"{names[0]} and {name} differ at {key}: {one.get(key)} and {other.get(key)}"
                raise Failed(message)
        if not one:
            raise Failed(f"{names[0]} has no answer at all")
