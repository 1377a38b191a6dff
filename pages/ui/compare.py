"""Segments side by side: retention of each with its interval and target, over time, and crossed with another attribute."""

from functools import partial

import pandas as pd
import streamlit as st

from nrr_core import charts, explain
from pages.ui import cache, people, present, sections, solidity, targets
from pages.ui.view import View

__all__ = ["section"]


def section(view: View, dimension: str, measure: str) -> None:
    """Bars, their accounts, the same over time, and two attributes at once."""
    frame = cache.retention(view.data, view.by(dimension).selection)
    found = cache.told(frame, view, partial(explain.segment_finding, frame, dimension=dimension, measure=measure), "finding", measure)
    present.headline(found)
    ranges, aims = solidity.intervals(view, by=dimension), targets.of_segments(view, dimension, measure)
    bars = partial(explain.segment_bars, frame, measure=measure, factor=view.factor, intervals=ranges, targets=aims)
    draw = partial(_drawn, bars, view, measure)
    made = cache.drawn(frame, view, draw, measure, "bare" if ranges is None else "ranges", sorted(aims.items()))
    clicked = present.chart(made, key="bars", select=True, name="segments", hint="Click a bar to see the accounts in it.")
    if ranges is not None:
        _believed(view, frame, dimension, measure)
    segment = present.picked(clicked, "segment")
    if segment in view.data.axis(dimension).segments:
        people.accounts_behind(view.where(dimension, segment), segment, key="bars")
    targets.by_segment(view, dimension)
    present.table(frame, view, name="segments", key="segment_table")
    sections.over_time(view, dimension=dimension, measure=measure)
    sections.by_two(view, dimension=dimension, measure=measure)


def _drawn(bars: partial[pd.DataFrame], view: View, measure: str) -> charts.Chart:
    return charts.segments(bars(), measure=measure, currency=view.currency, min_base=explain.MIN_BASE)


def _believed(view: View, frame: pd.DataFrame, dimension: str, measure: str) -> None:
    """Whether the farthest segments differ by more than luck, and what the whiskers are."""
    ends = explain.farthest(frame, measure=measure)
    if ends is not None:
        apart = solidity.intervals(view, by=dimension, against=ends[0])
        if apart is not None and (said := explain.difference_finding(apart, low=ends[0], high=ends[1], measure=measure)):
            st.markdown(f":material/compare_arrows: {present.safe_text(said)}")
    st.caption(
        "The thin line on a bar: where the value would likely lie with different but similar customers (9 times in 10). "
        "Grey: fewer than 10 accounts. A blue tick: the target, where one is set."
    )
