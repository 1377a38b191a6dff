"""The accounts list and one account's page."""

from functools import partial

import pandas as pd
import streamlit as st

from nrr_core import charts, explain, report
from nrr_core.formats import month_label, percent_text, plain_text
from nrr_core.ledger import STATES, account_key, account_of_key
from nrr_core.schema import ACCOUNT_NAMES
from pages.ui import cache, desk, present, state
from pages.ui.forecasts import Forecasts
from pages.ui.view import View

__all__ = ["account_page", "chosen_account", "listing"]

SHOWN = 500


def chosen_account() -> str | None:
    """The key of the account in the address, or None."""
    return st.query_params.get("account") or None


def listing(view: View) -> None:
    """Every account of the window with its state and its last two years; a click opens one."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        states = st.pills("State", STATES, selection_mode="multi", format_func=str.capitalize, key="state", bind="query-params")
        wanted = st.text_input("Find", key="find", placeholder="Account id or name", width=240)
    narrowed = {"state": tuple(states)} if states else {}
    if wanted:
        narrowed["contains"] = wanted
    frame = cache.accounts(view.data, view.selection, limit=SHOWN, **narrowed)
    total = frame.attrs["total_rows"]
    present.headline(explain.accounts_finding(frame))
    if not total:
        st.info("No account matches. Remove a filter or search for less.", icon=":material/search_off:")
        return
    lines = cache.sparklines(view, tuple(frame["account_id"]))
    frame = frame.assign(trend=[lines[a] for a in frame["account_id"]])
    if total > SHOWN:
        st.caption(f"The {SHOWN} with the largest effect of {total:,} are shown; the download has all.")
    first = [
        "account_id",
        "account_name",
        "state",
        "trend",
        "opening_mrr",
        "closing_mrr",
        "change_mrr",
        "nrr",
        "first_paid",
    ]
    order = [c for c in first if c in frame.columns]
    order += [c for c in frame.columns if c in view.data.dimensions and c not in order]
    event = st.dataframe(
        present.shown(frame, view), column_config=present.formats(frame, view), column_order=order, hide_index=True,
        key="people", on_select="rerun", selection_mode="single-row", height=560, placeholder="–",
        alt="Accounts of the window, largest effect first",
    )  # fmt: skip
    st.caption(":material/touch_app: Tick a row to open the account.")
    with st.container(horizontal=True, gap="small"):
        whole = partial(cache.all_accounts, view.data, view.selection, **narrowed)
        present.downloads(whole, name="accounts", key="people", stamp=frame.attrs["stamp"])
        title = f"{present.counted(min(total, SHOWN), 'account')} of the Accounts page"
        st.button(
            "Decide about these", icon=":material/tune:", type="tertiary", on_click=desk.choose, args=(title, tuple(frame["account_id"])),
            help="Take this list to the Scenarios page, to say what will renew, shrink, grow or leave.",
        )  # fmt: skip
    rows = event["selection"]["rows"]
    if rows:
        st.query_params["account"] = account_key(frame["account_id"].iloc[rows[0]])
        state.clear("people")
        st.rerun()


def _brief(view: View, account: str) -> None:
    """One slide about the account: history, signals, decisions, a next step."""
    scenario, forecasts = desk.now().scenario, Forecasts(view)

    def make() -> bytes:
        runway = forecasts.runway(months=12, dimension=scenario.contracts)
        return report.brief(
            view.data, account, window=view.selection.window, close=view.selection.close, runway=runway, factor=view.factor,
            projection=forecasts.project(scenario), card=view.selection.card.as_nrr(),
        )  # fmt: skip

    present.download("Account brief, one slide", make, "account_brief.pptx", key="brief", icon=":material/slideshow:")


def _back() -> None:
    st.query_params.pop("account", None)


def account_page(view: View, key: str) -> None:
    """One account: what it pays, what moved, and what is known about it."""
    st.button("All accounts", icon=":material/arrow_back:", on_click=_back, type="tertiary")
    account = account_of_key(view.ledger, key)
    months = cache.history(view, account)
    last = months.iloc[-1]
    name = next(
        (str(months[c].replace("", pd.NA).dropna().iloc[-1]) for c in ACCOUNT_NAMES if c in months.columns),
        account,
    )
    present.headline(
        f"{plain_text(name)} pays {present.money(view, last['mrr'])} in {month_label(last['month'])}"
        if last["mrr"]
        else f"{plain_text(name)} no longer pays"
    )
    with st.grid(4, min_column_width=150):
        present.card("First paid", None, text=month_label(months["month"].iloc[0]))
        present.card(f"Highest {view.unit}", None, text=present.money(view, months["mrr"].max()))
        ago = months["mrr"].iloc[-13] if len(months) > 12 else None  # noqa: PLR2004 - a year back
        year = percent_text(float(last["mrr"] / ago)) if ago else "–"
        present.card("NRR, 12 months", None, text=year, meaning="Of this account: what it pays now per unit it paid a year ago.")
        present.card("Changes", None, text=str(int((months["movement"] != "").sum()) - 1))
    made = cache.drawn(months, view, lambda: charts.history(explain.history_months(months, factor=view.factor), currency=view.currency))
    present.chart(made, key="history", name="account")
    _brief(view, account)
    known = {
        c: months[c].replace("", pd.NA).dropna().iloc[-1] for c in view.data.dimensions if c in months.columns and months[c].ne("").any()
    }
    if known:
        st.header("Attributes", anchor=False)
        st.dataframe(
            pd.DataFrame({"Attribute": list(known), "Latest": [str(v) for v in known.values()]}),
            hide_index=True,
            key="attributes",
        )
    present.table(months, view, name="account", key="history_table", title="Month by month")
