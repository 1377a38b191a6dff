"""Why NRR moved: between two windows, or between two segments of one window."""

from functools import partial
from typing import Any

import streamlit as st

from nrr_core import charts, explain
from nrr_core.explain import Moved
from nrr_core.periods import month_text
from nrr_core.selection import windows
from pages.ui import cache, controls, naming, people, present
from pages.ui.filters import closes
from pages.ui.view import View

__all__ = ["between_windows", "card_note", "why"]

_MOST = 60  # more segments than this are no longer a mix one can read
_NOTHING = "Nothing"
_STATES = {"Expansion": "expansion", "Contraction": "contraction", "Churn": "churn"}
_SEGMENT_COLUMNS = [
    "segment", "opening_before_mrr", "opening_after_mrr", "share_before", "share_after", "nrr_before", "nrr_after", "expansion_points",
    "contraction_points", "churn_points", "mix_points", "points",
]  # fmt: skip
_ACCOUNT_COLUMNS = ["account_id", "segment", "change_before_mrr", "change_after_mrr", "points"]


def card_note(view: View) -> None:
    """Where the card counts in another way than account by account at both ends: that this section does not."""
    if explain.unfit(view.selection.card):
        st.caption(
            "The definition card counts differently from the figures here: they compare what each opening account pays at both ends of "
            "the window, so that they add up account by account."
        )


def why(view: View) -> None:
    """Controls, sentence, bridge, segments, and the accounts with the largest effect."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            "Between", ["Two windows", "Two segments"], default="Two windows", required=True, key="between", bind="query-params"
        )
        sides, place, without = _windows(view) if kind == "Two windows" else _segments(view)
        if kind == "Two windows":
            by = controls.dimension(view, "Mix by", key="mix", none=_NOTHING, most=_MOST, first=1)
        else:  # two segments seldom have much in common, so nothing is the better first choice
            by = controls.dimension(view, "Mix by", key="mix_sides", without=without, none=_NOTHING, most=_MOST)
    if sides is None:
        return
    found = _asked(view, by, **sides)
    present.headline(explain.moved_finding(found))
    detail = explain.moved_detail(found)
    if detail:
        st.caption(present.safe_text(detail))
    made = cache.drawn(found.parts, view, lambda: charts.moved(explain.moved_steps(found)), "moved")
    clicked = present.chart(made, key="moved", select=True, name="why_nrr_moved", hint="Click a part to see its accounts.")
    state = _STATES.get(present.picked(clicked, "step"))
    if state is not None:
        people.accounts_behind(place, f"{state.capitalize()}, {found.after.label}", key="moved", state=state)
    if found.change is None:
        return
    present.table(
        found.accounts, view, name="why_nrr_moved_accounts", key="moved_accounts", columns=_ACCOUNT_COLUMNS, expanded=True,
        title="Accounts with the largest effect",
        note="Their effect on the rates, in points of NRR; the download has it as an exact fraction.",
    )  # fmt: skip
    present.table(found.table, view, name="why_nrr_moved_segments", key="moved_segments", columns=_SEGMENT_COLUMNS, title="Segments")
    present.table(found.segments, view, name="why_nrr_moved_parts", key="moved_parts", title="Every effect, exact")


def between_windows(view: View, by: str | None) -> Moved | None:
    """Why NRR of the window on screen differs from that of the window before, or None where there is none."""
    before = _earlier(view)
    return None if before is None else _asked(view, by, before=before, after=view.selection.close)


def _asked(view: View, by: str | None, **sides: Any) -> Moved:
    s = view.selection
    ask = partial(
        explain.why_moved, view.data, by=by, window=s.window, where=dict(s.where), card=s.card, fiscal_start=s.fiscal_start, **sides
    )  # fmt: skip
    made: Moved = cache.answer(view.data, f"moved/{s}/{by}/{sorted(sides.items())}", ask)
    return made


def _earlier(view: View) -> str | None:
    """The close one window length earlier, or None where the data does not reach back."""
    s = view.selection
    now = windows(s.window, first=view.data.first, last=view.data.last, close=s.close, fiscal_start=s.fiscal_start)[0]
    earlier = month_text(now.close - now.months)
    return earlier if earlier in closes(view.data, s.window, s.fiscal_start)[0] else None


def _windows(view: View) -> tuple[dict[str, Any] | None, View, str | None]:
    """The close to compare with; one window length earlier, where nothing else was chosen."""
    s = view.selection
    options = [close for close in closes(view.data, s.window, s.fiscal_start)[0] if close != s.close]
    if not options:
        st.info("There is only one such window in this data, so there is nothing to compare it with. Choose a shorter window.")
        return None, view, None
    before = _earlier(view)
    chosen = st.selectbox(
        "Compare with the window closing in", options, index=options.index(before) if before in options else 0, key="against",
        bind="query-params", width=280,
    )  # fmt: skip
    return {"before": chosen, "after": s.close}, view, None


def _segments(view: View) -> tuple[dict[str, Any] | None, View, str | None]:
    """Two segments of a dimension."""
    name = controls.dimension(view, "Segments of", key="sides", most=_MOST)
    if name is None:
        st.info("This data has no attribute with two segments. Add columns to the file, or an accounts file on the Data page.")
        return None, view, None
    segments = view.data.axis(name).segments
    label = naming.names(segments)
    second = st.selectbox("Segment", segments, index=0, key="side", bind="query-params", format_func=label, width=200)
    others = tuple(segment for segment in segments if segment != second)
    first = st.selectbox("Against", others, index=0, key="other_side", bind="query-params", format_func=label, width=200)
    sides = {"before": {name: [first]}, "after": {name: [second]}, "close": view.selection.close}
    return sides, view.where(name, second), name
