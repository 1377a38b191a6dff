"""The questions that are timed, each answered in every way that there is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nrr_core as nrr
from benchmarks import dense_way, our_way, pandas_way
from benchmarks.dense_way import Dense
from benchmarks.store import load_frame
from benchmarks.timing import Way, interleaved
from nrr_core.dataset import Dataset
from nrr_core.engines import open_dataset
from nrr_core.periods import month_text

__all__ = ["QUERIES", "run"]

YEAR = 12
OTHER_LENGTHS = (2, 4, 5, 6, 7, 8)  # more than the engine keeps, so each is new again when its turn comes
Ways = dict[str, Way]


class Rivals:
    """One dataset in every form that it is asked in."""

    def __init__(self, model: Path, dense: Path) -> None:
        self.data: Dataset = open_dataset(model)
        self.dense = Dense(dense)
        self.frame = load_frame(dense)
        self.by, self.dimension = self._rolled()

    def _rolled(self) -> tuple[str, str]:
        """Two dimensions that the roll-ups carry: one to group by, one to filter by."""
        rolled = [name for name in ("plan", "region", "size", "product", "channel") if self.data.axis(name).rolled]
        return rolled[0], rolled[1]

    def detail(self) -> str | None:
        """A dimension that the roll-ups do not carry."""
        return next((axis.name for axis in reversed(self.data.axes) if not axis.rolled), None)

    def where(self, turn: int) -> tuple[str, str]:
        """Another segment to filter by in every round: the filter changes."""
        segments = self.dense.values[self.dimension]
        return self.dimension, segments[turn % len(segments)]

    def close(self, turn: int) -> int:
        """Another close in every round, with a window of a year before it."""
        return self.data.last - turn % (self.data.last - self.data.first - YEAR + 1)


def _detail(ask: Callable[[int], Any]) -> Callable[[int], Any]:
    def run(turn: int) -> Any:
        with our_way.from_account_rows():
            return ask(turn)

    return run


def _retention(r: Rivals, by: str, *, rolled: bool) -> Ways:
    """NRR, GRR and logo retention over a year, every close, by segment, filtered."""

    def ours(turn: int) -> Any:
        name, segment = r.where(turn)
        return nrr.retention(r.data, window=YEAR, by=by, where={name: [segment]})

    segments = r.dense.values[by]
    ways = {"rollups": Way(ours, our_way.retention_answer)} if rolled else {}
    return ways | {
        "detail": Way(_detail(ours), our_way.retention_answer),
        "pandas": Way(
            lambda turn: pandas_way.retention(r.frame, months=YEAR, by=by, where=r.where(turn)),
            lambda found: pandas_way.retention_answer(found, months=YEAR),
        ),
        "dense": Way(
            lambda turn: r.dense.retention(months=YEAR, by=by, where=r.where(turn)),
            lambda found: dense_way.retention_answer(found, months=YEAR, segments=segments),
        ),
        "scan": Way(lambda _turn: r.dense.scan(by=by, dimension=r.dimension), None),
    }


def _filter(r: Rivals) -> Ways:
    return _retention(r, r.by, rolled=True)


def _filter_detail(r: Rivals) -> Ways:
    """The same by a dimension that the roll-ups do not carry."""
    by = r.detail()
    return _retention(r, by, rolled=False) if by else {}


def _bridge(r: Rivals) -> Ways:
    """The bridge of every month."""
    return {
        "rollups": Way(lambda _turn: nrr.movements(r.data), our_way.bridge_answer),
        "detail": Way(_detail(lambda _turn: nrr.movements(r.data)), our_way.bridge_answer),
        "pandas": Way(lambda _turn: pandas_way.bridge(r.frame), pandas_way.bridge_answer),
        "dense": Way(lambda _turn: r.dense.bridge(), dense_way.bridge_answer),
    }


def _cohorts(r: Rivals) -> Ways:
    """The cohort triangle by month."""
    return {
        "rollups": Way(lambda _turn: nrr.cohorts(r.data), our_way.cohort_answer),
        "detail": Way(_detail(lambda _turn: nrr.cohorts(r.data)), our_way.cohort_answer),
        "pandas": Way(lambda _turn: pandas_way.cohorts(r.frame), pandas_way.cohort_answer),
        "dense": Way(lambda _turn: r.dense.cohorts(), dense_way.cohort_answer),
    }


def _other_window(r: Rivals) -> Ways:
    """The filtered question with a window length that the import did not prepare: first use, then warm."""
    lengths = [n for n in OTHER_LENGTHS if n < r.data.last - r.data.first]

    def length(turn: int) -> int:
        return lengths[turn % len(lengths)]

    def ours(turn: int) -> Any:
        name, segment = r.where(turn)
        return nrr.retention(r.data, window=length(turn), by=r.by, where={name: [segment]})

    def pandas(turn: int) -> Any:
        found = pandas_way.retention(r.frame, months=length(turn), by=r.by, where=r.where(turn))
        return found, length(turn)

    def dense(turn: int) -> Any:
        return r.dense.retention(months=length(turn), by=r.by, where=r.where(turn)), length(turn)

    segments = r.dense.values[r.by]
    return {
        "first": Way(ours, our_way.retention_answer, once=True),
        "rollups": Way(ours, our_way.retention_answer),
        "pandas": Way(pandas, lambda found: pandas_way.retention_answer(found[0], months=found[1])),
        "dense": Way(dense, lambda found: dense_way.retention_answer(found[0], months=found[1], segments=segments)),
    }


def _one_pair(r: Rivals) -> Ways:
    """The filtered question for one open and close."""

    def ours(turn: int) -> Any:
        name, segment = r.where(turn)
        close = month_text(r.close(turn))
        return nrr.retention(r.data, window=YEAR, by=r.by, where={name: [segment]}, close=close)

    segments = r.dense.values[r.by]
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
        "dense": Way(
            lambda turn: r.dense.accounts(opened=r.close(turn) - YEAR, close=r.close(turn)), dense_way.answer_by_account
        ),
    }


QUERIES: dict[str, Callable[[Rivals], Ways]] = {
    "filter": _filter,
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
        "by_without_rollup": rivals.detail(),
        "dimensions": axes,
    }
    return {"shape": shape, "queries": timed}
