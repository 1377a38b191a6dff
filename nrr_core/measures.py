"""Measures: exact sums by segment and month, accumulated from the model's signed steps.

Everything here is an integer: money in ten-thousandths (``nrr_core.schema.UNIT``), counts of accounts. Rows of the
arrays are segments, columns are months. Ratios are made in ``nrr_core.metrics``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nrr_core.dataset import Axis, Dataset, Table

__all__ = ["Chosen", "CohortMeasures", "Grid", "choose", "cohort_grid", "window_grid"]

Integers = npt.NDArray[np.int64]
Grid = dict[str, Integers]  # measure → segments × windows


@dataclass(frozen=True, eq=False)
class Chosen:
    """Profiles (or cells of the roll-ups) that a question is about, with the segment each belongs to."""

    labels: tuple[tuple[str, ...], ...]  # one tuple of names per segment, as many names as dimensions asked for
    table: Table
    rolled: bool


def choose(data: Dataset, *, by: Sequence[str] = (), where: Mapping[str, Sequence[str]] | None = None) -> Chosen:
    """The profiles a filter selects, numbered by segment.

    Without ``by`` there is one segment, the total. Segments that no selected profile has are left out. Where every
    dimension involved is carried by the roll-ups, cells stand for profiles and the roll-ups answer.
    """
    where = {name: tuple(wanted) for name, wanted in (where or {}).items() if wanted}
    axes = [data.axis(name) for name in by]
    rolled = all(data.axis(name).rolled for name in (*by, *where))
    mask = data.mask(where, cells=rolled)
    keys = np.zeros(len(mask), dtype=np.int64)
    for axis in axes:
        keys = keys * axis.count + axis.place(cells=rolled)
    present, segment = np.unique(keys[mask], return_inverse=True)
    table = {"profile": np.flatnonzero(mask).astype(np.int32), "segment": segment.astype(np.int32)}
    return Chosen(labels=_labels(present, axes), table=table, rolled=rolled)


def _labels(keys: Integers, axes: Sequence[Axis]) -> tuple[tuple[str, ...], ...]:
    columns: list[list[str]] = []
    for axis in reversed(axes):
        keys, codes = np.divmod(keys, axis.count)
        columns.append([axis.segments[c] for c in codes])
    return tuple(zip(*reversed(columns), strict=True)) if axes else ((),)


def _accumulate(rows: Table, name: str, *, segments: int, data: Dataset) -> Integers:
    """Running sum over months of signed steps; column 0 is the month before the first, where everything is 0."""
    months = data.last - data.first + 2
    steps = np.zeros((segments, months), dtype=np.int64)
    inside = rows["m"] <= data.last
    columns = np.maximum(rows["m"][inside] - data.first + 1, 0)
    np.add.at(steps, (rows["segment"][inside], columns), rows[name][inside].astype(np.int64))
    return np.cumsum(steps, axis=1)


def window_grid(data: Dataset, chosen: Chosen, *, months: int, closes: Sequence[int], arrivals: bool = False) -> Grid:
    """The measures of windows of one length: row 0 is the total, then one row per segment; one column per close.

    Opening, expansion, contraction and churn belong to the segment at open; new and reactivation to the segment at
    close. ``closing_mrr`` is what the opening accounts pay at the close.

    Parameters
    ----------
    data, chosen
        The dataset and the selected profiles.
    months
        Length of the windows.
    closes
        Months in which they close; a window may open before the first month, where nothing is paid.
    arrivals
        Also new, reactivation, and what was transferred between segments.

    """
    shut = np.asarray(closes, dtype=np.int64) - data.first + 1
    opened = np.maximum(shut - months, 0)
    ask = _Asking(data, chosen, months)
    base, kept = ask("base"), ask("kept")
    opening, paired = base("mrr", opened), kept("paired_mrr", opened)
    closing, kept_mrr = kept("closing_mrr", opened), kept("kept_mrr", opened)
    accounts, retained = base("accounts", opened), kept("retained_accounts", opened)
    grid: Grid = {
        "opening_mrr": opening,
        "opening_accounts": accounts,
        "retained_accounts": retained,
        "expansion_mrr": closing - kept_mrr,
        "expansion_accounts": kept("expansion_accounts", opened),
        "contraction_mrr": paired - kept_mrr,
        "contraction_accounts": kept("contraction_accounts", opened),
        "churn_mrr": opening - paired,
        "churn_accounts": accounts - retained,
        "closing_mrr": closing,
        "kept_mrr": kept_mrr,
    }
    if arrivals:
        came = ask("arrivals")
        for name in ("new_mrr", "new_accounts", "reactivation_mrr", "reactivation_accounts"):
            grid[name] = came(name, shut)
        grid |= _transfers(ask, shut)
    return grid


@dataclass(frozen=True, eq=False)
class _Asking:
    """Statements about one choice and one window length, accumulated."""

    data: Dataset
    chosen: Chosen
    months: int

    def rows(self, name: str) -> Table:
        rolled = self.chosen.rolled
        parameters = {"months": self.months} if name in {"arrivals", "transfers"} and not rolled else {}
        return self.data.engine.query(
            f"rolled/{name}" if rolled else name,
            inputs={"chosen": self.chosen.table},
            parameters=parameters,
            window=None if name == "base" else self.months,
        )

    def __call__(self, name: str) -> Callable[[str, Integers], Integers]:
        rows = self.rows(name)
        return lambda measure, columns: self.running(rows, measure)[:, columns]

    def running(self, rows: Table, measure: str) -> Integers:
        by_segment = _accumulate(rows, measure, segments=len(self.chosen.labels), data=self.data)
        return np.concatenate([by_segment.sum(axis=0, keepdims=True), by_segment])


def _transfers(ask: _Asking, shut: Integers) -> Grid:
    """MRR whose account changed segment inside the window; in the total, what crossed the filter's border."""
    rows = ask.rows("transfers")
    outside = {side: np.ma.getmaskarray(rows[side]) for side in ("from_segment", "to_segment")}
    moved: Grid = {}
    for name, side, other in (
        ("transfer_in_mrr", "to_segment", "from_segment"),
        ("transfer_out_mrr", "from_segment", "to_segment"),
    ):
        inside = ~outside[side]
        own = {"m": rows["m"][inside], "segment": np.asarray(rows[side][inside]), "mrr": rows["mrr"][inside]}
        crossing = inside & outside[other]
        border = {
            "m": rows["m"][crossing],
            "segment": np.zeros(crossing.sum(), dtype=np.int64),
            "mrr": rows["mrr"][crossing],
        }
        total = _accumulate(border, "mrr", segments=1, data=ask.data)
        moved[name] = np.concatenate([total, ask.running(own, "mrr")[1:]])[:, shut]
    return moved


@dataclass(frozen=True, eq=False)
class CohortMeasures:
    """Exact sums of cohorts by age: one row per segment × cohort, one column per age, and which cells exist."""

    segment: Integers
    cohort: Integers  # last month of the cohort's calendar period
    accounts: Integers
    opening_mrr: Integers
    mrr: Integers
    capped_mrr: Integers
    active_accounts: Integers
    exists: npt.NDArray[np.bool_]


def cohort_grid(data: Dataset, chosen: Chosen, *, length: int, fiscal_start: int = 1) -> CohortMeasures:
    """Every cohort of ``length``-month periods at every age whose period has ended within the data."""
    inputs: dict[str, Table] = {"chosen": chosen.table}
    if length == 1 and chosen.rolled:
        sizes = data.engine.query("rolled/cohort_sizes", inputs=inputs)
        steps = data.engine.query("rolled/cohorts", inputs=inputs)
    else:
        place = {"length": length, "start": fiscal_start, "last": data.last}
        members = data.engine.query("members", parameters=place)
        inputs["members"] = {name: np.asarray(column) for name, column in members.items()}
        inputs["chosen"] = _by_profile(data, chosen)
        sizes = data.engine.query("cohort_sizes", inputs=inputs)
        steps = data.engine.query("cohorts", inputs=inputs)
    order = np.lexsort((sizes["cohort"], sizes["segment"]))
    segment, cohort = sizes["segment"][order].astype(np.int64), sizes["cohort"][order].astype(np.int64)
    located = np.searchsorted(_key(segment, cohort), _key(steps["segment"], steps["cohort"]))
    ages = max(0, (data.last - int(cohort.min())) // length + 1) if len(cohort) else 0
    months = cohort[:, None] + np.arange(ages)[None, :] * length
    exists = months <= data.last
    columns = np.where(exists, months - data.first + 1, 0)
    by_row = {"m": steps["m"], "segment": located}

    def at(name: str) -> Integers:
        running = _accumulate(by_row | {name: steps[name]}, name, segments=len(cohort), data=data)
        return np.take_along_axis(running, columns, axis=1)

    return CohortMeasures(
        segment=segment,
        cohort=cohort,
        accounts=sizes["accounts"][order].astype(np.int64),
        opening_mrr=sizes["opening_mrr"][order].astype(np.int64),
        mrr=at("mrr"),
        capped_mrr=at("capped_mrr"),
        active_accounts=at("active_accounts"),
        exists=exists,
    )


def _key(segment: npt.NDArray[Any], cohort: npt.NDArray[Any]) -> Integers:
    return segment.astype(np.int64) * (1 << 32) + cohort.astype(np.int64)


def _by_profile(data: Dataset, chosen: Chosen) -> Table:
    """The chosen cells spelled out as profiles, for statements that read positions."""
    if not chosen.rolled:
        return chosen.table
    segment_of = np.full(int(data.cells.max(initial=0)) + 1, -1, dtype=np.int32)
    segment_of[chosen.table["profile"]] = chosen.table["segment"]
    segment = segment_of[data.cells]
    selected = segment >= 0
    return {"profile": np.flatnonzero(selected).astype(np.int32), "segment": segment[selected]}
