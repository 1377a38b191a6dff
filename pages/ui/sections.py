"""Parts of pages that are long enough to have a name of their own."""

from functools import partial

import streamlit as st

from nrr_core import charts, explain
from nrr_core.schema import ALL
from pages.ui import cache, controls, people, present
from pages.ui.view import MEASURES, View

__all__ = ["by_two", "over_time"]

_CARDS = 12


def over_time(view: View, *, dimension: str, measure: str) -> None:
    """A small chart for each of the largest segments, all on one scale."""
    frame = cache.retention(view.data, view.by(dimension).selection, every_close=True)
    last = frame[(frame["close"] == view.selection.close) & (frame["segment"] != ALL) & (frame["opening_accounts"] > 0)]
    largest = last.sort_values("opening_mrr", ascending=False)["segment"].head(_CARDS).tolist()
    points = explain.segment_points(frame, measure=measure, segments=largest)
    if points["month"].nunique() < 2:  # noqa: PLR2004 - a line has two points
        return
    st.header(f"{MEASURES[measure]} over time", anchor=False)
    low, high = charts.shared_range(points)
    with st.grid(4, min_column_width=220):
        for place, segment in enumerate(largest):
            with st.container(border=True, gap=None):
                made = cache.drawn(
                    frame, view, partial(charts.multiples, points, segment=segment, low=low, high=high), segment, measure, largest
                )
                st.markdown(f"**{present.safe_text(present.cut(segment))}**")
                present.chart(made, key=f"multiple_{place}")
    if len(last) > _CARDS:
        st.caption(f"The {_CARDS} largest of {len(last):,} segments by opening {view.unit}.")
    present.table(frame, view, name="segments_over_time", key="multiples_table", title="Table, every month")


def by_two(view: View, *, dimension: str, measure: str) -> None:
    """Every combination of two attributes; a click opens the accounts of one."""
    st.header("Two attributes at once", anchor=False)
    second = controls.dimension(view, "Across", key="by2", without=dimension)
    if second is None:
        st.caption("There is no second attribute to cross with.")
        return
    frame = cache.retention(view.data, view.by(dimension, second).selection)
    edges = [cache.retention(view.data, view.by(name).selection) for name in (dimension, second)]
    cells = partial(explain.matrix_cells, frame, *edges, measure=measure, factor=view.factor)
    made = cache.drawn(frame, view, lambda: charts.matrix(cells(), measure=measure, currency=view.currency), "matrix", measure)
    clicked = present.chart(made, key="matrix", select=True, name="matrix", hint="Click a cell to see its accounts.")
    row, column = present.picked(clicked, "row"), present.picked(clicked, "column")
    if row in view.data.axis(dimension).segments and column in view.data.axis(second).segments:
        people.accounts_behind(view.where(dimension, row).where(second, column), f"{row} × {column}", key="matrix")
    present.table(frame, view, name="matrix", key="matrix_table")
