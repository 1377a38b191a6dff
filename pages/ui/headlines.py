"""The Overview's cards and sentences."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from nrr_core import METRICS, explain
from nrr_core.explain import Finding
from nrr_core.formats import month_label, percent_text
from nrr_core.periods import Window, month_text, parse_month
from nrr_core.schema import ALL
from pages.ui import cache, moved, people, present, targets
from pages.ui.view import MEASURES, View

__all__ = ["Story", "cards", "go_to", "story"]

_SPARK = 12
_MOST_SEGMENTS = 16


@dataclass(frozen=True)
class Story:
    """What the Overview says about one window: figures of the cards, those of the window before, and findings."""

    now: dict[str, float]
    before: dict[str, float]
    since: str
    past: dict[str, list[float]]
    opened: str
    closing: str
    growth: str | None
    totals: list[float]
    findings: list[Finding]
    stamp: dict[str, Any]


def story(view: View, series: pd.DataFrame) -> Story:
    """Cards and sentences of a view, computed once; ``series`` is retention of every close."""
    made: Story = cache.told(cache.movements(view.data, view.selection), view, lambda: _story(view, series), "story")
    return made


def _story(view: View, series: pd.DataFrame) -> Story:
    now = _both(view)
    earlier = _before(view, now)
    before = _both(earlier) if earlier else None
    names = [axis.name for axis in view.data.axes if 1 < axis.count <= _MOST_SEGMENTS]
    close = view.selection.close or ""
    segments = {name: cache.at_close(view.data, view.by(name).selection, close) for name in names}
    row = now.iloc[0]
    past = series[(series["segment"] == ALL) & (series["close"] <= view.selection.close)].tail(_SPARK)
    return Story(
        now={name: float(row[name]) for name in MEASURES},
        before={} if before is None else {name: float(before[name].iloc[0]) for name in MEASURES},
        since="" if before is None else f"vs. {month_label(before['close'].iloc[0])}",
        past={name: past[name].tolist() for name in MEASURES},
        opened=month_label(row["open"]),
        closing=present.money(view, row["closing_mrr"]),
        growth=percent_text(float(row["closing_mrr"] / row["opening_mrr"]) - 1, signed=True) if row["opening_mrr"] else None,
        totals=_totals(view),
        findings=[
            *explain.overview_findings(now, before, segments, currency=view.currency, factor=view.factor),
            *_why(view, names, float(row["nrr"])),
        ],
        stamp=now.attrs["stamp"],
    )


def _why(view: View, names: list[str], shown: float) -> list[Finding]:
    """Why NRR moved against the window before, by the first attribute: what the Segments page says at first."""
    found = moved.between_windows(view, names[0] if names else None)
    told = None if found is None else explain.overview_moved(found, shown=shown)
    return [] if told is None else [told]


def _both(view: View) -> pd.DataFrame:
    """Movements and ratios of one window, in total."""
    bridge = cache.movements(view.data, view.selection)
    ratios = cache.retention(view.data, view.selection)
    return bridge.assign(**{name: ratios[name].to_numpy() for name in MEASURES})


def _before(view: View, now: pd.DataFrame) -> View | None:
    """The view of the window right before this one, or None where the data does not reach back."""
    window = Window(parse_month(now["open"].iloc[0]), parse_month(now["close"].iloc[0]))
    if window.open - window.months < view.data.first:
        return None
    return view.window(window.months, month_text(window.open))


def _totals(view: View) -> list[float]:
    """Total MRR of the last twelve month ends up to the close."""
    months = view.window(1, view.selection.close or "")
    frame = cache.every_month(view.data, months.selection)
    upto = frame[frame["close"] <= view.selection.close].tail(_SPARK)
    return [float(x) * view.factor for x in upto["closing_mrr"]]


def cards(view: View, told: Story) -> None:
    """NRR, GRR, logo retention and the total, each with its change, its target and the last twelve closes."""
    aims = targets.of_view(view)
    with st.grid(4, min_column_width=160):
        for name, label in MEASURES.items():
            present.card(
                label, told.now[name], before=told.before.get(name), since=told.since, series=told.past[name],
                meaning=METRICS[name].meaning, status=present.against(name, told.now[name], aims.get(name)), stamp=told.stamp,
            )  # fmt: skip
        present.card(
            f"Closing {view.unit}", None, text=told.closing, delta=told.growth, since=f"vs. {told.opened}", series=told.totals,
            meaning="What all accounts pay at the close, new ones included.", stamp=told.stamp,
        )  # fmt: skip


def go_to(month: str, view: View) -> None:
    """The accounts behind a clicked month."""
    people.accounts_behind(view.window(view.selection.window, month), f"Window closing in {month_label(month)}", key="trend")
