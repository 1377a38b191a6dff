"""The filter row every exploring page shares, bound to the address, so that a link reopens the same view."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from nrr_core import Dataset, Definition
from nrr_core.formats import plain_text
from nrr_core.periods import month_text
from nrr_core.selection import Selection, windows
from pages.ui import naming, present

__all__ = ["WINDOWS", "filter_row", "reopened"]

WINDOWS: dict[str, int | str] = {
    "1 month": 1, "2 months": 2, "3 months": 3, "6 months": 6, "9 months": 9, "12 months": 12, "18 months": 18,
    "24 months": 24, "36 months": 36, "Fiscal quarter": "quarter", "Fiscal year": "year",
    "Quarter to date": "quarter_to_date", "Year to date": "year_to_date",
}  # fmt: skip
_STARTS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MOST_OPTIONS = 500  # longer lists are searched on the Accounts page instead


def filter_row(data: Dataset, card: Definition, *, windowed: bool = True) -> tuple[Selection | None, str]:
    """Draw the row; returns the selection under the card (None where the data is too short for any window) and the display unit.

    ``windowed`` False leaves out window and close, for pages that look at all months at once.
    """
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    place, rest = row.container(horizontal=True, vertical_alignment="bottom", width="content"), row
    with rest:
        where = _segments(data)
        unit = st.segmented_control("Unit", ["MRR", "ARR"], default="MRR", required=True, key="unit", bind="query-params")
        with st.popover("Fiscal year", icon=":material/calendar_month:"):
            start = st.selectbox("Fiscal year begins in", _STARTS, key="fy", bind="query-params")
            st.caption("Fiscal quarters and years follow it, in windows and in cohorts.")
    fiscal_start = _STARTS.index(start) + 1
    if not windowed:
        return Selection(where=where, fiscal_start=fiscal_start, card=replace(card, measure=unit)), unit
    with place:
        window, close = _window(data, fiscal_start)
    if close is None:
        return None, unit
    return Selection(
        window=window, close=close, where=where, fiscal_start=fiscal_start, card=replace(card.over(window), measure=unit)
    ), unit


def _window(data: Dataset, fiscal_start: int) -> tuple[int | str, str | None]:
    """The window and the month it closes in; the last complete month where nothing else was chosen."""
    span = data.last - data.first
    default = "12 months" if span >= 12 else "3 months" if span >= 3 else "1 month"  # noqa: PLR2004 - months
    labels = list(WINDOWS)
    label = st.selectbox("Window", labels, index=labels.index(default), key="window", bind="query-params", width=150)
    window = WINDOWS[label]
    options, latest = closes(data, window, fiscal_start)
    if not options:
        return window, None
    close = st.selectbox(
        "Closes in", options, index=latest, key="asof", bind="query-params",
        width=150,
    )  # fmt: skip
    return window, close


def closes(data: Dataset, window: int | str, fiscal_start: int) -> tuple[list[str], int]:
    """The months a window can close in, newest first, and the place of the newest that is over."""
    found = [w.close for w in windows(window, first=data.first, last=data.last, fiscal_start=fiscal_start)][::-1]
    return [month_text(c) for c in found], next((i for i, c in enumerate(found) if not data.is_partial(c)), 0)


def reopened(data: Dataset, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What to set the row's widgets to for a saved view: its settings, the other filters off, the newest close where it has none."""
    off: dict[str, Any] = {f"f_{axis.name}": [] for axis in data.axes if 1 < axis.count <= _MOST_OPTIONS}
    made = off | dict(settings)
    if "asof" not in made and made.get("window") in WINDOWS:
        start = made.get("fy", _STARTS[0])
        options, latest = closes(data, WINDOWS[made["window"]], _STARTS.index(start) + 1 if start in _STARTS else 1)
        if options:
            made["asof"] = options[latest]
    return made


def _segments(data: Dataset) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The segment filters, in a popover that says how many are set."""
    axes = [axis for axis in data.axes if 1 < axis.count <= _MOST_OPTIONS]
    if not axes:
        return ()
    active = sum(1 for axis in axes if st.query_params.get_all(f"f_{axis.name}"))
    label = f"Segments ({active})" if active else "Segments"
    where = []
    with st.popover(label, icon=":material/filter_alt:", key="filters"):
        st.caption("Keep only these segments, as of window open.")
        for axis in axes:
            chosen = st.multiselect(
                present.safe_text(plain_text(axis.name)), axis.segments, key=f"f_{axis.name}", bind="query-params",
                format_func=naming.names(axis.segments), placeholder="All",
            )  # fmt: skip
            if chosen:
                where.append((axis.name, tuple(sorted(chosen))))
        if len(axes) < len(data.axes):
            st.caption(f"Attributes with more than {_MOST_OPTIONS} values are searched on the Accounts page.")
    return tuple(sorted(where))
