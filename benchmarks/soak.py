"""Hours of people coming and going: whether the server's memory stays where it is.

``python -m benchmarks.soak --hours 2`` or ``--minutes 10`` ``[--sessions 20] [--think 2] [--stay 30] [--most 30]``

So many people are there at any time; each opens a page, clicks for about ``--stay`` seconds, leaves, and another one
comes. Every answer is checked as in ``benchmarks.load``. Every minute is printed as a line of JSON, then a verdict: the
slope of the server's memory, fitted to the last two thirds (by then all that is kept is full), may not exceed ``--most``
MB an hour by more than two standard errors. Ends with 1 otherwise, or where an answer was wrong or an error was seen.
"""

import argparse
import asyncio
import json
import random
import time
import urllib.request
from typing import Any

import numpy as np
import psutil

from benchmarks.answers import PAGES, Answers
from benchmarks.load import stream
from benchmarks.served import SAMPLE, Watch, dataset_in, served
from benchmarks.visitors import Result, Visitor

__all__ = ["main", "verdict"]

_SETTLING = 1 / 3  # share of the time in which what is kept fills up
_FEWEST = 12  # readings that a slope is fitted to


def verdict(readings: list[tuple[float, float]], *, most: float) -> dict[str, Any]:
    """The slope of memory in MB an hour, from (seconds, MB); grown: above ``most`` by more than two standard errors."""
    late = np.array(readings[round(len(readings) * _SETTLING) :])
    if len(late) < _FEWEST:
        return {"readings": len(late), "mb_per_hour": None, "standard_error": None, "grown": None}
    hours = (late[:, 0] - late[:, 0].mean()) / 3600
    slope = float((hours * late[:, 1]).sum() / (hours**2).sum())
    rest = late[:, 1] - late[:, 1].mean() - slope * hours
    error = float(np.sqrt((rest**2).sum() / (len(late) - 2) / (hours**2).sum()))
    return {"readings": len(late), "mb_per_hour": round(slope, 1), "standard_error": round(error, 1), "grown": slope - 2 * error > most}


class Soak:
    """People coming and going, and what is read of the server meanwhile."""

    def __init__(self, base: str, server: psutil.Process, answers: Answers, *, think: float, stay: float) -> None:
        self.base, self.server, self.answers = base, server, answers
        self.think, self.stay = think, stay
        self.result, self.came = Result(), 0
        self.readings: list[tuple[float, float]] = []

    async def run(self, sessions: int, seconds: float) -> None:
        """So many people at any time, for so long."""
        started, watch = time.perf_counter(), Watch(self.server)
        places = [asyncio.create_task(self._place(k, started + seconds)) for k in range(sessions)]
        minute = 0
        while not all(place.done() for place in places):
            await asyncio.sleep(5)
            watch.look()
            self.readings.append((time.perf_counter() - started, watch.memory[-1]))
            if self.readings[-1][0] >= 60 * (minute + 1):
                minute += 1
                await asyncio.to_thread(self._tell, minute)
        await asyncio.gather(*places)

    async def _place(self, number: int, until: float) -> None:
        draw = random.Random(number)
        while time.perf_counter() + 2 * self.think < until:
            page = draw.choice(list(PAGES))
            visitor = Visitor(stream(self.base), page, self.answers, seed=draw.getrandbits(32))
            self.came += 1
            leaves = time.perf_counter() + draw.uniform(0.5, 1.5) * self.stay
            await visitor.live(min(until, leaves), self.think, self.result)

    def _tell(self, minute: int) -> None:
        found = {
            "minute": minute, "mb": round(self.readings[-1][1], 1), "threads": self.server.num_threads(), "people": self.came,
            "connected": connected(self.base), "checked": self.result.checked, "wrong": len(self.result.wrong),
            "errors": len(self.result.errors),
        }  # fmt: skip
        print(json.dumps(found), flush=True)


def connected(base: str) -> int:
    """Sessions that are connected, as the server tells itself."""
    with urllib.request.urlopen(f"{base}/_stcore/metrics", timeout=10) as answer:  # noqa: S310 - this machine
        lines = answer.read().decode().splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith("active_sessions "))


def main(arguments: list[str] | None = None) -> int:
    """Run it, print a line a minute and the verdict; 1 where memory grew, an answer was wrong or an error was seen."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--hours", type=float, default=0.0)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--sessions", type=int, default=20, help="people at any time")
    parser.add_argument("--think", type=float, default=2.0, help="seconds between two clicks, on average")
    parser.add_argument("--stay", type=float, default=30.0, help="seconds until a person leaves, on average")
    parser.add_argument("--most", type=float, default=30.0, help="MB an hour that memory may grow")
    asked = parser.parse_args(arguments)
    seconds = 3600 * asked.hours + 60 * asked.minutes
    if seconds <= 0:
        parser.error("say how long: --hours 2 or --minutes 10")
    answers = Answers(dataset_in(SAMPLE))
    with served() as (base, server):
        soak = Soak(base, server, answers, think=asked.think, stay=asked.stay)
        asyncio.run(soak.run(asked.sessions, seconds))
    result, found = soak.result, verdict(soak.readings, most=asked.most)
    memory = [mb for _, mb in soak.readings]
    found |= {"mb_first": round(memory[0]), "mb_last": round(memory[-1]), "mb_peak": round(max(memory)), "people": soak.came}
    found |= {"checked": result.checked, "wrong": len(result.wrong), "errors": len(result.errors)}
    print(json.dumps(found | {"examples": (result.errors + result.wrong)[:3]}), flush=True)
    return 1 if found["grown"] or result.wrong or result.errors else 0


if __name__ == "__main__":
    raise SystemExit(main())
