"""Many people clicking at once: how long an answer takes, and whether it is the answer to the question asked.

``python -m benchmarks.load [--sessions 1,10,25,50] [--think 2] [--seconds 30] [--pages overview,waterfall,segments,cohorts]``
``python -m benchmarks.load --accounts 100000 --months 36 --sessions 25 --think 5 --seconds 300``

Every session is a WebSocket that speaks to the app as a browser does: it opens a page, then changes the window, the
month it closes in, the unit or a segment filter, and waits until the script has finished. The figures that come back are
compared with what the library answers to the same question in this process. Prints one JSON document; ends with 1 where
an answer was wrong or an error was seen.

Without ``--url`` the app is started here and ended afterwards; with it, only addresses of this machine are taken.
"""

import argparse
import asyncio
import json
import math
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.answers import PAGES, Answers
from benchmarks.served import SAMPLE, Watch, dataset_in, made, served
from benchmarks.visitors import Result, Visitor

__all__ = ["level", "main", "stream"]

MOST_SESSIONS = 200
MOST_SECONDS = 3_600


def stream(base: str) -> str:
    """Where the sessions of an app connect."""
    return base.replace("http", "ws", 1) + "/_stcore/stream"


async def level(
    base: str, answers: Answers, sessions: int, *, pages: list[str], seconds: float, think: float, server: psutil.Process | None
) -> dict[str, Any]:  # fmt: skip
    """So many sessions for so long, and what they saw."""
    result, watch, started = Result(), Watch(server), time.perf_counter()
    looking = asyncio.create_task(watch.keep_looking())
    people = [Visitor(stream(base), pages[k % len(pages)], answers, seed=1000 * sessions + k) for k in range(sessions)]
    await asyncio.gather(*(person.live(started + seconds, think, result) for person in people))
    looking.cancel()
    clicks, took = result.clicks, time.perf_counter() - started
    return {
        "sessions": sessions,
        "clicks": len(clicks),
        "seconds": round(took, 1),
        **{f"p{share:.0f}": _percentile(clicks, share / 100) for share in (50, 95, 99)},
        "max": _percentile(clicks, 1.0),
        "mean": round(statistics.fmean(clicks), 4) if clicks else None,
        "first_load_p50": _percentile(result.first, 0.50),
        "first_load_max": _percentile(result.first, 1.0),
        "checked": result.checked,
        "wrong": len(result.wrong),
        "errors": len(result.errors),
        "examples": (result.errors + result.wrong)[:3],
        **watch.report(reruns=len(result.first) + len(clicks)),
    }


def _percentile(values: list[float], share: float) -> float | None:
    """The smallest value that at least ``share`` of the values do not exceed."""
    ranked = sorted(values)
    return round(ranked[max(0, math.ceil(share * len(ranked)) - 1)], 4) if ranked else None


def _counts(text: str) -> list[int]:
    counts = [int(part) for part in text.split(",")]
    if not counts or min(counts) < 1 or max(counts) > MOST_SESSIONS:
        raise argparse.ArgumentTypeError(f"1 to {MOST_SESSIONS} sessions, as in 1,10,25")
    return counts


def _pages(text: str) -> list[str]:
    pages = text.split(",")
    if not set(pages) <= set(PAGES):
        raise argparse.ArgumentTypeError(f"some of {','.join(PAGES)}")
    return pages


def _asked(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sessions", type=_counts, default=[1, 10, 25, 50], help="people at once, one level after the other")
    parser.add_argument("--think", type=float, default=2.0, help="seconds between two clicks of one person, on average")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of one level")
    parser.add_argument("--pages", type=_pages, default=list(PAGES), help="the pages that are open, in turn")
    parser.add_argument("--accounts", type=int, default=0, help="a generated dataset of so many accounts; 0: the sample data")
    parser.add_argument("--months", type=int, default=36, help="months of the generated dataset")
    parser.add_argument("--data", type=Path, help="where generated data is kept and found again")
    parser.add_argument("--served-data", type=Path, help="the folder of data that the app shows, where it is to differ from the answers")
    parser.add_argument("--url", help="an app that runs already, on this machine")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run every level, print the figures; 1 where an answer was wrong or an error was seen."""
    asked = _asked(arguments)
    seconds, think = min(max(asked.seconds, 1.0), MOST_SECONDS), max(asked.think, 0.0)
    with tempfile.TemporaryDirectory() as spare:
        folder = made(asked.data or Path(spare), accounts=asked.accounts, months=asked.months) if asked.accounts else SAMPLE
        answers = Answers(dataset_in(folder))
        levels = []
        with served(asked.url, data=asked.served_data or folder) as (base, server):
            for sessions in asked.sessions:
                run = level(base, answers, sessions, pages=asked.pages, seconds=seconds, think=think, server=server)
                levels.append(asyncio.run(run))
    print(json.dumps({"think": think, "pages": asked.pages, "accounts": asked.accounts or "sample", "levels": levels}, indent=2))
    return 1 if any(one["errors"] or one["wrong"] for one in levels) else 0


if __name__ == "__main__":
    raise SystemExit(main())
