"""The bars: what is to be reached, what was measured, and whether it is met."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["BARS", "judged"]

Found = dict[str, Any]
Ratio = Callable[[Found, str], float]  # of wall clock ("ms") or of processor time ("cpu_ms")


@dataclass(frozen=True)
class Bar:
    """One bar: a ratio of two figures of one run, with a goal for each size that has one.

    ``at_least``: the ratio is to reach the goal (a speed-up); otherwise it is to stay below (a cost).
    """

    name: str
    ratio: Ratio
    goals: dict[str, float]
    at_least: bool = True


def _faster(query: str, ours: str, rival: str = "pandas") -> Ratio:
    return lambda found, unit: float(found["queries"][query][rival][unit] / found["queries"][query][ours][unit])


def _slower(query: str, ours: str, rival: str) -> Ratio:
    return lambda found, unit: float(found["queries"][query][ours][unit] / found["queries"][query][rival][unit])


def _built(ours: str, rival: str) -> Ratio:
    return lambda found, unit: float(found["build"][ours][unit] / found["build"][rival][unit])


def _stored(part: str) -> Ratio:
    return lambda found, _unit: float(found["disk"][part] / found["disk"]["csv"])


def _held(ours: str) -> Ratio:
    return lambda found, _unit: float(found["memory"][ours]["peak_mb"] / found["memory"]["pandas"]["peak_mb"])


def _both(small: float, large: float) -> dict[str, float]:
    return {"100k": small, "1M": large}


BARS = (
    Bar("filter change against pandas", _faster("filter", "rollups"), _both(40, 300)),
    Bar("segment change against pandas", _faster("segment", "rollups"), _both(40, 300)),
    Bar("filter change against tuned pandas", _faster("filter", "rollups", "pandas_tuned"), {}),
    Bar("segment change against tuned pandas", _faster("segment", "rollups", "pandas_tuned"), {}),
    Bar("filter change against a raw scan", _slower("filter", "rollups", "scan"), _both(2, 0.75), at_least=False),
    Bar("segment change against a raw scan", _slower("segment", "rollups", "scan"), _both(2, 0.75), at_least=False),
    Bar("bridge against pandas", _faster("bridge", "rollups"), _both(300, 2000)),
    Bar("cohort triangle against pandas", _faster("cohorts", "rollups"), _both(40, 300)),
    Bar("another window length, first use, against pandas", _faster("other_window", "first"), _both(10, 30)),
    Bar("another window length, warm, against pandas", _faster("other_window", "rollups"), _both(10, 30)),
    Bar("filter change from account rows against pandas", _faster("filter", "detail"), _both(15, 80)),
    Bar("segment change from account rows against pandas", _faster("segment", "detail"), _both(15, 80)),
    Bar("filter change from account rows against tuned pandas", _faster("filter", "detail", "pandas_tuned"), {}),
    Bar("bridge against tuned pandas", _faster("bridge", "rollups", "pandas_tuned"), {}),
    Bar("bridge from account rows against pandas", _faster("bridge", "detail"), {}),
    Bar("cohort triangle from account rows against pandas", _faster("cohorts", "detail"), {}),
    Bar("one open and close against the dense join", _slower("one_pair", "rollups", "dense"), _both(2, 2), at_least=False),
    Bar(
        "one open and close from account rows against the dense join",
        _slower("one_pair", "detail", "dense"), _both(2, 2), at_least=False,
    ),
    Bar("accounts of one open and close against the dense join", _slower("pair_accounts", "detail", "dense"), _both(2, 2),
        at_least=False),
    Bar("CSV to ready against a raw parse", _built("roomy", "parse"), _both(8, 9), at_least=False),
    Bar("CSV to ready against a raw parse into a table", _built("roomy", "parse_to_table"), _both(8, 9), at_least=False),
    Bar("CSV to ready under 2 GB against no limit", _built("limited", "roomy"), {"1M": 1.6}, at_least=False),
    Bar("everything on disk against the CSV", _stored("dataset"), _both(1 / 4, 1 / 5), at_least=False),
    Bar("roll-ups on disk against the CSV", _stored("rollups"), _both(1 / 8, 1 / 16), at_least=False),
    Bar("memory of exploring against pandas", _held("rollups"), _both(1 / 8, 1 / 40), at_least=False),
    Bar("memory of exploring from account rows against pandas", _held("detail"), {}, at_least=False),
)  # fmt: skip


def judged(found: Found, size: str) -> list[dict[str, Any]]:
    """Every bar whose figures were measured, with the one-off build time beside it."""
    rows = []
    for bar in BARS:
        try:
            measured, by_processor = bar.ratio(found, "ms"), bar.ratio(found, "cpu_ms")
        except KeyError:
            continue
        goal = bar.goals.get(size)
        met = None if goal is None else (measured >= goal if bar.at_least else measured <= goal)
        build = found.get("build", {}).get("roomy", {}).get("ms")
        rows.append(
            {
                "bar": bar.name,
                "goal": None if goal is None else f"{'≥' if bar.at_least else '≤'} {goal:.4g}",
                "measured": float(f"{measured:.4g}"),
                "met": met,
                "by_processor_time": float(f"{by_processor:.4g}"),
                "build_ms": build,
            }
        )
    return rows
