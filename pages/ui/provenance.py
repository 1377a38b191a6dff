"""What the import did: counts, sums, problems, columns, and a control total typed by the reader."""

from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from nrr_core.dataset import Dataset
from nrr_core.formats import MINUS, month_label, plain_text
from nrr_core.ledgers import facts
from nrr_core.schema import UNIT
from nrr_core.selection import Selection
from pages.ui import cache, present, source
from pages.ui.view import View

__all__ = ["columns", "control_total", "problems", "summary"]

_MOST = 20_000
_VERDICTS = {
    "note": "Note", "warning": "Check", "repaired": "Repaired", "ask": "Answered", "quarantined": "Set aside",
    "refused": "Refused",
}  # fmt: skip


def _exact(amount: str) -> str:
    return f"{Decimal(amount):,.2f}"


def _signed(amount: Decimal) -> str:
    return f"{MINUS if amount < 0 else '+'}{abs(amount):,.2f}"


def summary() -> None:
    """Lines and rows with their sums: everything in the file is in one of these."""
    held = source.current()
    report: dict[str, Any] = dict(held.data.report)
    set_aside = report["rows_quarantined"]
    present.headline(
        f"{report['rows_accepted']:,} rows accepted, none set aside" if not set_aside
        else f"{report['rows_accepted']:,} rows accepted, {set_aside:,} set aside"
    )  # fmt: skip
    with st.grid(4, min_column_width=150):
        present.card(
            "Lines in the file",
            None,
            text=f"{report['lines_total']:,}",
            meaning="Physical lines; each one is accounted for.",
        )
        present.card(
            "Rows accepted",
            None,
            text=f"{report['rows_accepted']:,}",
            meaning="Of these, repaired: " + f"{report['rows_repaired']:,}",
        )
        present.card(
            "Rows repaired",
            None,
            text=f"{report['rows_repaired']:,}",
            meaning="Accepted after a repair that is listed below.",
        )
        present.card("Rows set aside", None, text=f"{set_aside:,}", meaning="Not counted anywhere; listed below with the reason.")
    sums = f"MRR as read: {_exact(report['sum_accepted'])} accepted + {_exact(report['sum_quarantined'])} set aside."
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in report["line_kinds"])
    lost = report["lines_unaccounted"]
    st.text(f"{sums}\nLines: {kinds}. Unaccounted: {lost:,}.\nLayout: {report['layout']}, {report['layout_reason']}")
    converted = _converted(held.data)
    if converted:
        st.text(converted)


def _converted(data: Dataset) -> str:
    """Which currencies were converted into which, and how many months had no rate of their own; empty where none were."""
    known = facts(data)
    others = [code for code in known.currencies if code != known.base]
    if not others:
        return ""
    noticed = pd.DataFrame(dict(data.engine.table("problems", limit=_MOST)))
    text = f"Exchange rates: {', '.join(others)} converted into {known.base}. "
    took = [
        f"{present.counted(int(row['count']), 'month')} of {row['value']} took {which}"
        for rule, which in (("rates_missing", "an older rate"), ("rates_early", "the first rate there is"))
        for row in noticed[noticed["rule"] == rule].to_dict("records")
    ]
    return text + ("; ".join(took) if took else "Every month has a rate of its own") + "."


def problems() -> None:
    """What the import noticed, and the rows it set aside, both to take away."""
    data = source.current().data
    view = View(data, Selection(), "MRR")
    noticed = pd.DataFrame(dict(data.engine.table("problems", limit=_MOST)))
    st.header("What the import noticed", anchor=False)
    if noticed.empty:
        st.caption("Nothing: the file was clean.")
    else:
        noticed["verdict"] = noticed["verdict"].map(_VERDICTS)
        order = [c for c in ("verdict", "message", "row", "line", "column", "value", "count") if noticed[c].notna().any()]
        st.dataframe(
            noticed, hide_index=True, key="noticed", column_order=order, placeholder="–",
            column_config={
                "verdict": "Verdict", "message": st.column_config.TextColumn("What", width="large"), "row": "Row",
                "line": "Line", "column": "Column", "value": "As written", "count": "Rows",
            },
        )  # fmt: skip
        present.downloads(lambda: noticed, name="problems", key="noticed")
    aside = pd.DataFrame(dict(data.engine.table("quarantine", limit=_MOST)))
    if not aside.empty:
        aside["amount"] = [None if pd.isna(a) else float(a) / UNIT for a in aside["amount"]]
        named = {"row": "Row", "line": "Line", "rule": "Reason", "raw": "As written", "amount": "MRR as read"}
        present.table(aside.rename(columns=named), view, name="set_aside", key="aside", title=f"Rows set aside ({len(aside):,})")


def columns() -> None:
    """How the file's columns were understood."""
    report = source.current().data.report
    st.header("How the columns were read", anchor=False)
    rows = [(m["column"], m["field"], m["reason"]) for m in report["mapping"]]
    rows += [(d["name"], "attribute", f"from the {d['origin']} file") for d in report["dimensions"]]
    rows += [(name, "left out", reason) for name, reason in report["ignored"]]
    listed = pd.DataFrame([(plain_text(a), b, c) for a, b, c in rows], columns=["Column", "Read as", "Why"])
    st.dataframe(listed, hide_index=True, key="columns", height="content")
    if report["accounts_rows"] is not None:
        st.caption(
            f"Accounts file: {report['accounts_rows']:,} rows; {report['accounts_unknown']:,} of its ids have no revenue, "
            f"{report['accounts_missing']:,} paying accounts are not in it."
        )


def control_total() -> None:
    """Compare the total of one month with a figure from the books."""
    data = source.current().data
    st.header("Does it agree with the books?", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        months = list(reversed(data.months))
        month = st.selectbox("Month end", months, key="control_month", format_func=month_label, width=180)
        typed = st.number_input("Total MRR from your ledger", value=None, step=0.01, format="%.2f", key="control", width=240)
    months_total = cache.every_month(data, Selection())
    total = months_total.loc[months_total["close"] == month, "closing_mrr"].iloc[0]
    if typed is None:
        st.caption(f"This data has {total:,.2f} at the end of {month_label(month)}.")
        return
    difference = total - Decimal(str(typed))
    if abs(difference) < Decimal("0.005"):
        st.success(f"Agrees: {total:,.2f} at the end of {month_label(month)}.", icon=":material/check_circle:")
    else:
        st.warning(
            f"Differs by {_signed(difference)}: this data has {total:,.2f}, your ledger {Decimal(str(typed)):,.2f}. "
            f"Rows set aside hold {_exact(data.report['sum_quarantined'])}.",
            icon=":material/balance:",
        )
