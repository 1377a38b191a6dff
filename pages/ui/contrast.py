"""Several scenarios side by side: figures, paths, and what differs between them in words."""

import streamlit as st

from nrr_core import charts
from nrr_core.formats import plain_text
from nrr_core.scenarios import Scenario, changes, difference
from pages.ui import cache, desk, naming, present
from pages.ui.forecasts import Forecasts
from pages.ui.view import View

__all__ = ["side_by_side"]

_MOST = 6
_HERE, _BASE = "This scenario", "Baseline"


def side_by_side(view: View, scenario: Scenario) -> None:
    """Choose up to six; the first one is what the others are compared with."""
    kept = desk.listed()
    bare = scenario.replaced(levers=(), decisions=(), name=_BASE, description="")
    offered = {_BASE: bare, _HERE: scenario.replaced(name=scenario.name or _HERE)}
    called = naming.labels({one.id: one.name for one in kept})
    for one in kept:
        offered[f"{called[one.id]} (saved)"] = desk.opened(one).replaced(name=called[one.id])
    chosen = st.pills("Compare", list(offered), selection_mode="multi", default=[_BASE, _HERE], key="compare")
    if len(chosen) > _MOST:
        st.caption(f"The first {_MOST} are compared.")
        chosen = chosen[:_MOST]
    if len(chosen) < 2:  # noqa: PLR2004 - nothing to compare
        st.info("Choose at least two. Save scenarios under a name to find them here.", icon=":material/compare_arrows:")
        return
    picked = tuple(offered[name] for name in chosen)
    table, paths = Forecasts(view).compare(picked)
    for sentence in difference(table):
        st.markdown(f":material/arrow_right: {present.safe_text(sentence)}")
    points = paths.assign(series=paths["scenario"], value=paths["nrr"], partial=False)[["month", "series", "value", "partial"]]
    question = repr(picked)
    made = cache.drawn(paths, view, lambda: charts.trend(points, measure="NRR, trailing twelve months"), question)
    present.chart(made, key="compared", name="scenarios")
    present.table(table.rename(columns={"mrr": "todays_mrr"}), view, name="scenarios", key="compare_table", expanded=True)
    first = picked[0]
    for name, other in zip(chosen[1:], picked[1:], strict=True):
        said = changes(first, other)
        st.markdown(f"**{present.safe_text(plain_text(name))}** against {present.safe_text(plain_text(chosen[0]))}")
        for sentence in said or ["The same assumptions."]:
            st.markdown(f"- {present.safe_text(sentence)}")
