"""Can it be believed: intervals, the masking alarm, and what rests on few accounts."""

from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from nrr_core import charts, explain
from nrr_core.formats import plain_text
from nrr_core.schema import ALL
from pages.ui import cache, people, present, targets
from pages.ui.view import MEASURES, View

__all__ = ["alarm", "intervals", "note", "section"]

MOST_SEGMENTS = 200  # more of them get no whiskers: only the largest are drawn, and all would have to be resampled
_SHOWN = 6
_NO_NRR = "Intervals and the alarm belong to NRR; the chosen definition has renewal rates in its place."
_FIT = "Fragility belongs to opening against closing of the same accounts; the chosen definition measures something else."


def intervals(view: View, *, by: str | None = None, every_close: bool = False, against: str | None = None) -> pd.DataFrame | None:
    """Intervals of a view at its close, or at every one; None where the definition has none, or the segments are too many."""
    if not explain.has_intervals(view.selection.card) or (by is not None and view.data.axis(by).count > MOST_SEGMENTS):
        return None
    asked = replace(view.selection, by=(by,) if by else (), close=None if every_close else view.selection.close)

    def make() -> pd.DataFrame:
        return explain.intervals(
            view.data, window=asked.window, by=by, where=dict(asked.where), close=asked.close, card=asked.card,
            fiscal_start=asked.fiscal_start, against=against,
        )  # fmt: skip

    made: pd.DataFrame = cache.answer(view.data, f"intervals {asked!r} {against!r}", make)
    return made


def note(frame: pd.DataFrame | None, *, measure: str = "nrr", close: str | None = None) -> None:
    """What the interval of the total means, or that there is none."""
    if frame is None:
        st.caption(_NO_NRR)
        return
    rows = frame if close is None else frame[frame["close"] == close]
    st.markdown(f":material/target: {present.safe_text(explain.interval_finding(rows, measure=measure))}")


def _alarms(view: View, by: str | None) -> pd.DataFrame:
    asked, aims = replace(view.selection, by=(by,) if by else ()), targets.kept()

    def make() -> pd.DataFrame:
        return explain.masking(
            view.data, window=asked.window, close=asked.close, by=by, where=dict(asked.where), card=asked.card,
            fiscal_start=asked.fiscal_start, targets=aims,
        )  # fmt: skip

    made: pd.DataFrame = cache.answer(view.data, f"masking {asked!r} {aims!r}", make)
    return made


def alarm(view: View, *, by: str | None = None) -> None:
    """The masking alarm of the total, or of the segments of a dimension; silent where nothing fires."""
    if not explain.has_intervals(view.selection.card):
        if by is not None:
            st.caption(_NO_NRR)
        return
    frame = _alarms(view, by)
    said = frame[(frame["segment"] == ALL) == (by is None)]["sentence"].tolist()
    if said:
        lines = "\n".join(f"- {present.safe_text(text)}" for text in said[:_SHOWN])
        more = f"\n\nAnd {len(said) - _SHOWN} more, in the table." if len(said) > _SHOWN else ""
        st.warning(f"**Masking alarm.** NRR hides something here:\n{lines}{more}", icon=":material/visibility_off:")
    elif by is not None:
        st.success("No segment's NRR hides losses or rests on a few expansions.", icon=":material/visibility:")
    if by is not None:
        st.caption("GRR and logo retention are held against their targets, where some are set, and against their last three months.")
        present.table(frame, view, name="masking", key="masking_table", title="Alarms")


def section(view: View, dimension: str, measure: str) -> None:
    """What NRR is without the accounts that move it most, and the segments where the alarm fires."""
    if explain.unfit(view.selection.card):
        st.info(_FIT, icon=":material/info:")
    else:
        _fragility(view, measure)
    st.header(present.safe_text(f"What NRR hides, by {plain_text(dimension)}"), anchor=False)
    alarm(view, by=dimension)


def _fragility(view: View, measure: str) -> None:
    """NRR without the accounts that move it most."""
    selection = view.selection

    def make() -> pd.DataFrame:
        return explain.fragility(
            view.data, window=selection.window, close=selection.close, where=dict(selection.where), card=selection.card,
            fiscal_start=selection.fiscal_start,
        )  # fmt: skip

    frame: pd.DataFrame = cache.answer(view.data, f"fragility {selection!r}", make)
    present.headline(explain.fragility_finding(frame))
    if measure != "nrr":
        st.caption(f"Fragility is told of NRR; {MEASURES[measure]} counts again under Compare.")
    bars = partial(explain.fragility_bars, frame, factor=view.factor)
    made = cache.drawn(frame, view, lambda: charts.segments(bars(), measure="nrr", currency=view.currency, min_base=explain.MIN_BASE))
    present.chart(made, key="fragility", name="fragility")
    st.caption("The top accounts are those whose closing and opening differ most, whichever way; they leave both.")
    _spread(frame)
    present.table(frame, view, name="fragility", key="fragility_table")
    people.accounts_behind(view, "What moved most", key="fragility", state=explain.STATES_BEHIND["opening"])


def _spread(frame: pd.DataFrame) -> None:
    """The range without any one account, and quartiles of what single accounts did."""
    found = explain.spread_findings(frame)
    for text in found:
        st.markdown(f":material/arrow_right: {present.safe_text(text)}")
