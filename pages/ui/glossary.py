"""The Definitions page: metrics, card and statements, each shown from its own source."""

import pandas as pd
import streamlit as st

from nrr_core import METRICS, STANDARD
from nrr_core.formats import month_label, percent_text
from nrr_core.model.statements import STATEMENTS, text
from nrr_core.periods import month_text
from nrr_core.selection import Selection, windows
from pages.ui import cache, present, source
from pages.ui.view import View

__all__ = ["card", "classes", "metrics", "statements", "worked_example"]

_KNOBS = {
    "family": "How the window is measured: opening against closing of the same accounts",
    "window_months": "Length of the window; the filter row changes it",
    "population": "Whose money counts: the accounts that paid at the opening",
    "returns": "Accounts that come back are shown apart and never raise NRR",
    "gap_months": "Empty months inside an account's life that are bridged",
    "grain": "What retention is judged for",
    "fx": "Rates at both ends of the window",
    "revenue_types": "Kinds of revenue that count",
    "segment_as_of": "When a segment is read: winners can't migrate into a better one",
    "min_opening_mrr": "Smallest opening that counts",
    "average": "Averaging over several closes",
    "measure": "Display unit: ARR = 12 × MRR",
}
_CLASSES = [
    ("Retained", "paid at open and close", "the smaller of the two"),
    ("Expansion", "paid at open, pays more at close", "closing − opening"),
    ("Contraction", "pays less at close, but pays", "opening − closing"),
    ("Churn", "paid at open, pays nothing at close", "opening"),
    ("New", "first payment ever inside the window", "closing"),
    ("Reactivation", "paid before, not at open, pays at close", "closing"),
]


def worked_example() -> None:
    """NRR with the figures of the dataset on screen, step by step."""
    data = source.current().data
    months = next((n for n in (12, 3, 1) if data.last - data.first >= n), None)
    if months is None:
        st.info("One month of data has no window to measure. The definitions below hold all the same.")
        return
    close = next(w.close for w in reversed(windows(months, first=data.first, last=data.last)))
    selection = Selection(window=months, close=month_text(close))
    view = View(data, selection, "MRR")
    row, rates = cache.movements(data, selection).iloc[0], cache.retention(data, selection).iloc[0]
    if not row.opening_mrr:
        st.info("Nobody was paying when the last window opened, so there is no NRR to explain with this data.")
        return
    parts = {n: present.money(view, row[f"{n}_mrr"]) for n in ("opening", "expansion", "contraction", "churn")}
    present.headline(f"NRR of this data is {percent_text(rates.nrr)}, and this is how")
    span = f"{month_label(row.open)} to {month_label(row.close)}"
    st.code(
        f"NRR = (opening + expansion − contraction − churn) ÷ opening\n"
        f"    = ({parts['opening']} + {parts['expansion']} − {parts['contraction']} − {parts['churn']}) ÷ {parts['opening']}\n"
        f"    = {percent_text(rates.nrr)}   ({span}, {row.opening_accounts:,} accounts paid at the opening)",
        language=None, wrap_lines=True,
    )  # fmt: skip
    st.caption("Amounts are added exactly, to four decimals; they are rounded here for reading only.")


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


def card() -> None:
    """The definition card in force."""
    st.header("Definition card", anchor=False)
    st.caption(present.safe_text(f"{STANDARD.label} · {STANDARD.short_hash}. Every figure and download carries this hash."))
    values = STANDARD.as_dict()
    rows = [(k.replace("_", " "), _value(values[k]), note) for k, note in _KNOBS.items()]
    st.dataframe(pd.DataFrame(rows, columns=["Knob", "Value", "What it means"]), hide_index=True, key="card", height="content")


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value).replace("_", " ")


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
    st.caption("Sums come from these statements, ratios from the metrics above. This is the text that runs, not a copy.")
    chosen = st.selectbox("Statement", STATEMENTS, index=STATEMENTS.index("pairs"), key="statement", bind="query-params", width=260)
    st.code(text(chosen), language="sql", wrap_lines=True)
