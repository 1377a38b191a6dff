"""Parts of pages that are long enough to have a name of their own."""

from dataclasses import dataclass
from functools import partial

import pandas as pd
import streamlit as st

from nrr_core import charts, explain
from nrr_core.schema import ALL
from pages.ui import cache, controls, people, present, solidity
from pages.ui.view import MEASURES, View

__all__ = ["by_two", "over_time"]

_CARDS = 12
_BANDED = 20_000  # accounts up to which every close of every segment is resampled


@dataclass(frozen=True)
class _Small:
    """What the small multiples share: how many segments there are, the largest ones, their points, and the scale."""

    count: int
    largest: list[str]
    points: pd.DataFrame
    low: float
    high: float


def _small(frame: pd.DataFrame, ranges: pd.DataFrame | None, *, close: str | None, measure: str) -> _Small | None:
    """The largest segments at the close, or None where there is no line to draw."""
    last = frame[(frame["close"] == close) & (frame["segment"] != ALL) & (frame["opening_accounts"] > 0)]
    largest = last.sort_values("opening_mrr", ascending=False)["segment"].head(_CARDS).tolist()
    points = explain.segment_points(frame, measure=measure, segments=largest, intervals=ranges)
    if points["month"].nunique() < 2:  # noqa: PLR2004 - a line has two points
        return None
    return _Small(len(last), largest, points, *charts.shared_range(points))


def over_time(view: View, *, dimension: str, measure: str) -> None:
    """A small chart for each of the largest segments, all on one scale."""
    frame = cache.retention(view.data, view.by(dimension).selection, every_close=True)
    close = view.selection.close
    few = view.data.axis(dimension).count <= _CARDS and view.data.accounts <= _BANDED
    ranges = solidity.intervals(view, by=dimension, every_close=True) if few else None
    drawn = "bare" if ranges is None else "ranges"
    make = partial(_small, frame, ranges, close=close, measure=measure)
    small: _Small | None = cache.told(frame, view, make, "small", close, measure, drawn)
    if small is None:
        return
    st.header(f"{MEASURES[measure]} over time", anchor=False)
    with st.grid(4, min_column_width=220):
        for place, segment in enumerate(small.largest):
            with st.container(border=True, gap=None):
                draw = partial(charts.multiples, small.points, segment=segment, low=small.low, high=small.high)
                made = cache.drawn(frame, view, draw, segment, measure, small.largest, drawn)
                st.markdown(f"**{present.safe_text(present.cut(segment))}**")
                present.chart(made, key=f"multiple_{place}")
    if ranges is not None:
        st.caption("The shaded band: where the value would likely lie with different but similar customers (9 times in 10).")
    if small.count > _CARDS:
        st.caption(f"The {_CARDS} largest of {small.count:,} segments by opening {view.unit}.")
    present.table(frame, view, name="segments_over_time", key="multiples_table", title="Table, every month")


def by_two(view: View, *, dimension: str, measure: str) -> None:
    """Every combination of two attributes; a click opens the accounts of one."""
    st.header("Two attributes at once", anchor=False)
    second = controls.dimension(view, "Across", key="by2", without=dimension)
    if second is None:
        st.caption("There is no second attribute to cross with.")
        return
    frame = cache.retention(view.data, view.by(dimension, second).selection)

    def draw() -> charts.Chart:
        edges = [cache.retention(view.data, view.by(name).selection) for name in (dimension, second)]
        cells = explain.matrix_cells(frame, *edges, measure=measure, factor=view.factor)
        return charts.matrix(cells, measure=measure, currency=view.currency)

    made = cache.drawn(frame, view, draw, "matrix", measure)
    clicked = present.chart(made, key="matrix", select=True, name="matrix", hint="Click a cell to see its accounts.")
    row, column = present.picked(clicked, "row"), present.picked(clicked, "column")
    if row in view.data.axis(dimension).segments and column in view.data.axis(second).segments:
        people.accounts_behind(view.where(dimension, row).where(second, column), f"{row} × {column}", key="matrix")
    present.table(frame, view, name="matrix", key="matrix_table")
