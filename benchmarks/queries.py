"""The questions that are timed, each answered in every way that there is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

import nrr_core as nrr
from benchmarks import dense_way, our_way, pandas_way
from benchmarks.dense_way import Dense
from benchmarks.store import load_frame
from benchmarks.timing import Answer, Way, interleaved
from nrr_core.engines import open_dataset
from nrr_core.periods import month_text

__all__ = ["QUERIES", "run"]

YEAR = 12
OTHER_LENGTHS = (2, 4, 5, 6, 7, 8)  # more than the engine keeps, so each is new again when its turn comes
PLAIN = ("plan", "region", "size", "product", "channel")  # dimensions of few segments, most of them in the roll-ups
Ways = dict[str, Way]
Ask = Callable[[int], Any]


class Rivals:
    """One dataset in every form that it is asked in."""

    def __init__(self, model: Path, dense: Path) -> None:
        self.data = open_dataset(model)
        self.dense = Dense(dense)
        self.frame, self.tuned = load_frame(dense), load_frame(dense, tuned=True)
        rolled = [name for name in PLAIN if self.data.axis(name).rolled]
        self.by, self.dimension, *_ = self.rolled = rolled
        self.detailed = [axis.name for axis in reversed(self.data.axes) if not axis.rolled]

    def where(self, turn: int) -> dict[str, list[str]]:
        """Another segment to keep in every round: the filter changes."""
        segments = self.dense.segments[self.dimension]
        return {self.dimension: [segments[turn % len(segments)]]}

    def close(self, turn: int) -> int:
        """Another close in every round, with a window of a year before it."""
        return self.data.last - turn % max(1, self.data.last - self.data.first - YEAR + 1)


def _detail(ask: Ask) -> Ask:
    def run(turn: int) -> Any:
        with our_way.from_account_rows():
            return ask(turn)

    return run


def _retention(r: Rivals, by: Callable[[int], str], where: Callable[[int], dict[str, list[str]]], *, months: Callable[[int], int]) -> Ways:
    """NRR, GRR and logo retention of every close, by segment."""

    def ours(turn: int) -> Any:
        return nrr.retention(r.data, window=months(turn), by=by(turn), where=where(turn))

    def pandas(turn: int, frame: pd.DataFrame = r.frame) -> Any:
        return pandas_way.retention(frame, months=months(turn), by=by(turn), where=where(turn)), months(turn)

    def answer(found: Any) -> Answer:
        return pandas_way.retention_answer(found[0], months=found[1])

    def dense(turn: int) -> Any:
        found = r.dense.retention(months=months(turn), by=by(turn), where=where(turn))
        return found, months(turn), r.dense.segments[by(turn)]

    return {
        "rollups": Way(ours, our_way.retention_answer),
        "detail": Way(_detail(ours), our_way.retention_answer),
        "pandas": Way(pandas, answer),
        "pandas_tuned": Way(lambda turn: pandas(turn, r.tuned), answer),
        "dense": Way(dense, lambda found: dense_way.retention_answer(found[0], months=found[1], segments=found[2])),
        "scan": Way(lambda turn: r.dense.scan(by=by(turn), where=where(turn)), None),
    }


def _year(_turn: int) -> int:
    return YEAR


def _filter(r: Rivals) -> Ways:
    """One segment of another dimension kept; which one changes."""
    return _retention(r, lambda _turn: r.by, r.where, months=_year)


def _segment(r: Rivals) -> Ways:
    """Nothing filtered; the dimension changes."""
    return _retention(r, lambda turn: r.rolled[turn % len(r.rolled)], lambda _turn: {}, months=_year)


def _filter_detail(r: Rivals) -> Ways:
    """The filter by a dimension that the roll-ups do not carry, so positions and pairs answer."""
    if not r.detailed:
        return {}
    ways = _retention(r, lambda turn: r.detailed[turn % len(r.detailed)], r.where, months=_year)
    del ways["rollups"], ways["detail"]  # one and the same here
    by = r.detailed

    def ours(turn: int) -> Any:
        return nrr.retention(r.data, window=YEAR, by=by[turn % len(by)], where=r.where(turn))

    return {"detail": Way(ours, our_way.retention_answer), **ways}


def _bridge(r: Rivals) -> Ways:
    """The bridge of every month."""
    return {
        "rollups": Way(lambda _turn: nrr.movements(r.data), our_way.bridge_answer),
        "detail": Way(_detail(lambda _turn: nrr.movements(r.data)), our_way.bridge_answer),
        "pandas": Way(lambda _turn: pandas_way.bridge(r.frame), pandas_way.bridge_answer),
        "pandas_tuned": Way(lambda _turn: pandas_way.bridge(r.tuned), pandas_way.bridge_answer),
        "dense": Way(lambda _turn: r.dense.bridge(), dense_way.bridge_answer),
    }


def _cohorts(r: Rivals) -> Ways:
    """The cohort triangle by month."""
    return {
        "rollups": Way(lambda _turn: nrr.cohorts(r.data), our_way.cohort_answer),
        "detail": Way(_detail(lambda _turn: nrr.cohorts(r.data)), our_way.cohort_answer),
        "pandas": Way(lambda _turn: pandas_way.cohorts(r.frame), pandas_way.cohort_answer),
        "pandas_tuned": Way(lambda _turn: pandas_way.cohorts(r.tuned), pandas_way.cohort_answer),
        "dense": Way(lambda _turn: r.dense.cohorts(), dense_way.cohort_answer),
    }


def _other_window(r: Rivals) -> Ways:
    """The filter with a window length that the import did not prepare: first use, then warm."""
    lengths = [n for n in OTHER_LENGTHS if n < r.data.last - r.data.first]
    ways = _retention(r, lambda _turn: r.by, r.where, months=lambda turn: lengths[turn % len(lengths)])
    first = Way(ways["rollups"].run, our_way.retention_answer, once=True)
    return {"first": first} | {name: ways[name] for name in ("rollups", "pandas", "dense")}


def _one_pair(r: Rivals) -> Ways:
    """The filter for one open and close."""

    def ours(turn: int) -> Any:
        close = month_text(r.close(turn))
        return nrr.retention(r.data, window=YEAR, by=r.by, where=r.where(turn), close=close)

    segments = r.dense.segments[r.by]
    return {
        "rollups": Way(ours, our_way.retention_answer),
        "detail": Way(_detail(ours), our_way.retention_answer),
        "dense": Way(
            lambda turn: r.dense.retention(months=YEAR, by=r.by, where=r.where(turn), close=r.close(turn)),
            lambda found: dense_way.retention_answer(found, months=YEAR, segments=segments),
        ),
    }


def _pair_accounts(r: Rivals) -> Ways:
    """Every account of one open and close, from positions."""

    def ours(turn: int) -> Any:
        close = r.close(turn)
        found = r.data.engine.query("accounts", parameters={"open": close - YEAR, "close": close})
        return {"opening": found["opening_mrr"], "closing": found["closing_mrr"]}

    return {
        "detail": Way(ours, dense_way.answer_by_account),
        "dense": Way(lambda turn: r.dense.accounts(opened=r.close(turn) - YEAR, close=r.close(turn)), dense_way.answer_by_account),
    }


QUERIES: dict[str, Callable[[Rivals], Ways]] = {
    "filter": _filter,
    "segment": _segment,
    "filter_detail": _filter_detail,
    "bridge": _bridge,
    "cohorts": _cohorts,
    "other_window": _other_window,
    "one_pair": _one_pair,
    "pair_accounts": _pair_accounts,
}


def run(model: Path, dense: Path, *, rounds: int, only: list[str]) -> dict[str, Any]:
    """Every question in every way, timed and compared."""
    rivals = Rivals(model, dense)
    timed = {name: interleaved(ways, rounds=rounds) for name in only if (ways := QUERIES[name](rivals))}
    axes = {axis.name: {"segments": axis.count, "rolled": axis.rolled} for axis in rivals.data.axes}
    shape = {
        "account_rows": len(rivals.frame),
        "profiles": len(rivals.data.cells),
        "cells": int(rivals.data.cells.max()) + 1,
        "by": rivals.by,
        "filter": rivals.dimension,
        "dimensions": axes,
    }
    return {"shape": shape, "queries": timed}
