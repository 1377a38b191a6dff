"""The Definitions page: formula with figures, metrics, classes and statements, each shown from its own source."""

import math
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from nrr_core import METRICS, explain
from nrr_core.formats import month_label, percent_text
from nrr_core.model.statements import STATEMENTS, text
from pages.ui import cache, present
from pages.ui.view import View

__all__ = ["FORMULAS", "classes", "metrics", "statements", "worked_example"]

FORMULAS = {
    "point_to_point": "NRR = (opening + expansion − contraction − churn) ÷ opening, of the same accounts at both ends",
    "movements": "NRR = (opening + Σ expansion − Σ contraction − Σ churn of every month + returns counted) ÷ opening",
    "chained": "NRR = NRR of month 1 × NRR of month 2 × … of the window",
    "averaged": "NRR = mean of the last point-to-point NRRs",
    "revenue_window": "NRR = revenue of the second window ÷ revenue of the first, of the accounts that paid in its first month",
    "renewal_base": "Renewal rate = MRR renewed ÷ MRR whose contract ended (not NRR)",
}
_CLASSES = [
    ("Retained", "paid at open and close", "the smaller of the two"),
    ("Expansion", "paid at open, pays more at close", "closing − opening"),
    ("Contraction", "pays less at close, but pays", "opening − closing"),
    ("Churn", "paid at open, pays nothing at close", "opening"),
    ("New", "first payment ever inside the window", "closing"),
    ("Reactivation", "paid before, not at open, pays at close", "closing"),
]


def worked_example(view: View) -> None:
    """NRR with the figures of the dataset on screen, step by step, under the card in force."""
    rates = cache.retention(view.data, view.selection).iloc[0]
    card = view.selection.card
    if card.family == "renewal_base":
        present.headline(f"Of what was due, {percent_text(rates.renewal_rate)} was renewed: a renewal rate, not NRR")
        return
    if math.isnan(rates.nrr):
        st.info("Nobody was paying when this window opened, so there is no NRR to explain with this data.")
        return
    present.headline(f"NRR of this data is {percent_text(rates.nrr)}, and this is how")
    st.code(f"{FORMULAS[card.family]}\n{_figures(view, rates)}", language=None, wrap_lines=True)
    st.caption("Amounts are added exactly, to four decimals; they are rounded here for reading only.")


def _figures(view: View, rates: Any) -> str:
    """The formula with the figures of the data."""
    s = view.selection
    ask = partial(
        explain.working, view.data, card=s.card, close=s.close, where=dict(s.where), fiscal_start=s.fiscal_start,
        amount=partial(present.written, view),
    )  # fmt: skip
    said: str = cache.answer(view.data, f"working/{s}/{view.unit}", ask)
    span = f"{month_label(rates.open)} to {month_label(rates.close)}, {rates.opening_accounts:,} accounts paid at the opening"
    return f"    = {said}\n    = {percent_text(rates.nrr)}   ({span})"


def metrics() -> None:
    """Every metric with meaning, formula and source, from the registry that computes it."""
    st.header("Metrics", anchor=False)
    with st.grid(2, min_column_width=320):
        for metric in METRICS.values():
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{metric.label}**")
                st.code(metric.formula, language=None, wrap_lines=True)
                st.markdown(present.safe_text(metric.meaning))
                way = "Higher" if metric.better == "up" else "Lower"
                st.caption(present.safe_text(f"{way} is better. Source: {metric.source}."))
    st.caption("A metric whose denominator is 0 has no value and is shown as “–”, never as 0 %.")


def classes() -> None:
    """What can happen to an account between open and close."""
    st.header("What can happen to an account", anchor=False)
    st.dataframe(pd.DataFrame(_CLASSES, columns=["Class", "When", "Amount"]), hide_index=True, key="classes", height="content")
    st.caption(
        "Opening + expansion − contraction − churn is what the opening accounts pay at the close. A new customer can never change NRR."
    )


def statements() -> None:
    """The SQL that adds the amounts, as it runs."""
    st.header("The statements behind the sums", anchor=False)
    st.caption(
        "Sums come from these statements, ratios from the metrics. This is the text that runs, not a copy. Where a definition needs "
        "another ledger (parents, usage, bridged gaps, other exchange rates), the same sums are made in memory; tests hold them to these."
    )
    chosen = st.selectbox("Statement", STATEMENTS, index=STATEMENTS.index("pairs"), key="statement", bind="query-params", width=260)
    st.code(text(chosen), language="sql", wrap_lines=True)
