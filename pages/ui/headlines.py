"""The Overview's cards and sentences."""

import pandas as pd
import streamlit as st

from nrr_core import METRICS, explain
from nrr_core.explain import Finding
from nrr_core.formats import month_label, percent_text
from nrr_core.periods import Window, month_text, parse_month
from nrr_core.schema import ALL
from pages.ui import cache, people, present
from pages.ui.view import MEASURES, View

__all__ = ["cards", "findings", "go_to"]

_SPARK = 12
_MOST_SEGMENTS = 16


def _before(view: View, now: pd.DataFrame) -> View | None:
    """The view of the window right before this one, or None where the data does not reach back."""
    window = Window(parse_month(now["open"].iloc[0]), parse_month(now["close"].iloc[0]))
    if window.open - window.months < view.data.first:
        return None
    return view.window(window.months, month_text(window.open))


def _both(view: View) -> pd.DataFrame:
    """Movements and ratios of one window, in total."""
    bridge = cache.movements(view.data, view.selection)
    ratios = cache.retention(view.data, view.selection)
    return bridge.assign(**{name: ratios[name].to_numpy() for name in MEASURES})


def findings(view: View) -> list[Finding]:
    """What changed, as sentences."""
    now = _both(view)
    earlier = _before(view, now)
    names = [axis.name for axis in view.data.axes if 1 < axis.count <= _MOST_SEGMENTS]
    segments = {name: cache.retention(view.data, view.by(name).selection) for name in names}
    before = _both(earlier) if earlier else None
    return explain.overview_findings(now, before, segments, currency=view.currency, factor=view.factor)


def cards(view: View, series: pd.DataFrame) -> None:
    """NRR, GRR, logo retention and the total, each with its change and the last twelve closes."""
    now = _both(view)
    earlier = _before(view, now)
    before = _both(earlier) if earlier else None
    since = f"vs. {month_label(before['close'].iloc[0])}" if before is not None else ""
    past = series[(series["segment"] == ALL) & (series["close"] <= view.selection.close)].tail(_SPARK)
    with st.grid(4, min_column_width=160):
        for name, label in MEASURES.items():
            present.card(
                label, float(now[name].iloc[0]), before=None if before is None else float(before[name].iloc[0]),
                since=since, series=past[name].tolist(), meaning=METRICS[name].meaning,
            )  # fmt: skip
        closing, opening = now["closing_mrr"].iloc[0], now["opening_mrr"].iloc[0]
        growth = percent_text(float(closing / opening) - 1, signed=True) if opening else None
        totals = _totals(view)
        present.card(
            f"Closing {view.unit}", None, text=present.money(view, closing), delta=growth,
            since=f"vs. {month_label(now['open'].iloc[0])}", series=totals,
            meaning="What all accounts pay at the close, new ones included.",
        )  # fmt: skip


def _totals(view: View) -> list[float]:
    """Total MRR of the last twelve month ends up to the close."""
    months = view.window(1, view.selection.close or "")
    frame = cache.every_month(view.data, months.selection)
    upto = frame[frame["close"] <= view.selection.close].tail(_SPARK)
    return [float(x) * view.factor for x in upto["closing_mrr"]]


def go_to(month: str, view: View) -> None:
    """The accounts behind a clicked month."""
    people.accounts_behind(view.window(view.selection.window, month), f"Window closing in {month_label(month)}", key="trend")
