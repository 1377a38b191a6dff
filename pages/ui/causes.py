"""Drivers of the period: seats, price and product; the largest drivers of expansion and causes of loss; who keeps what they bring."""

from functools import partial

import streamlit as st

from nrr_core import charts, explain
from nrr_core.explain import Drivers, Split
from nrr_core.explain.drivers import TYPE
from nrr_core.explain.standing import STANDING
from nrr_core.roles import role
from pages.ui import cache, controls, people, present
from pages.ui.view import View

__all__ = ["drivers"]

_MOST = 60
_SHOWN = 200
_WHAT = "What changed"
_LOSSES = ("contraction", "churn")


def drivers(view: View) -> None:
    """Sentence, the bridge from 100 % to NRR by type, both rankings, and NRR and early churn by who brought and keeps the accounts."""
    s = view.selection
    asked = {"window": s.window, "close": s.close, "where": dict(s.where), "card": s.card, "fiscal_start": s.fiscal_start}
    split: Split = cache.answer(view.data, f"split/{s}", partial(explain.price_split, view.data, **asked))
    place = st.container()
    told = explain.price_finding(split)
    st.header("From 100% to NRR, by what changed", anchor=False)
    st.caption(present.safe_text(told))
    made = cache.drawn(split.parts, view, lambda: charts.moved(explain.type_steps(split)), "types")
    present.chart(made, key="types", name="nrr_by_what_changed")
    present.table(explain.split_rows(split), view, name="price_seats_product", key="split_table", title="Price, seats and product")
    people_split = cache.answer(view.data, f"split accounts/{s}", partial(explain.split_accounts, view.data, limit=_SHOWN, **asked))
    present.table(
        people_split, view, name="price_seats_product_accounts", key="split_accounts", title="Accounts that grew or shrank",
        full=partial(explain.split_accounts, view.data, **asked), note=f"The {_SHOWN} with the largest change; the download has all.",
    )  # fmt: skip
    found = _ranked(view, asked)
    with place:
        present.headline(explain.drivers_finding(found, currency=view.currency, factor=view.factor))
    _standing(view, asked)


def _ranked(view: View, asked: dict[str, object]) -> Drivers:
    """Both rankings beside each other."""
    s = view.selection
    st.header("Largest drivers", anchor=False)
    by = controls.dimension(view, "Rank by", key="rank", none=_WHAT, most=_MOST)
    found: Drivers = cache.answer(view.data, f"drivers/{s}/{by}", partial(explain.drivers, view.data, by=by, **asked))
    ranked = TYPE if by is None else "reason" if by == found.reason else by
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Expansion", anchor=False)
        gains = explain.driver_rows(found.gains, ranked)
        bars = partial(explain.driver_bars, found.gains, ranked, factor=view.factor)
        made = cache.drawn(gains, view, lambda: charts.drivers(bars(), side="gain", currency=view.currency), "gains")
        gained = present.chart(made, key="gains", select=True, name="drivers_of_expansion")
        present.table(gains, view, name="drivers_of_expansion", key="gains_table")
    with right:
        st.subheader("Contraction and churn", anchor=False)
        losses = explain.driver_rows(found.losses, ranked)
        worse = partial(explain.driver_bars, found.losses, ranked, factor=view.factor)
        made = cache.drawn(losses, view, lambda: charts.drivers(worse(), side="loss", currency=view.currency), "losses")
        lost = present.chart(made, key="losses", select=True, name="causes_of_loss")
        present.table(losses, view, name="causes_of_loss", key="losses_table")
    if found.reason is None:
        st.caption("This data has no reasons. Add a column “churn_reason” to the file or to the accounts file to rank losses by it.")
    if by is None or ranked == "reason":
        return found
    segments = view.data.axis(by).segments
    if (driver := present.picked(gained, "driver")) in segments:
        people.accounts_behind(view.where(by, driver), f"{driver}, expansion", key="gains", state="expansion")
    if (driver := present.picked(lost, "driver")) in segments:
        people.accounts_behind(view.where(by, driver), f"{driver}, contraction and churn", key="losses", state=_LOSSES)
    return found


def _standing(view: View, asked: dict[str, object]) -> None:
    """NRR and early churn by owner, sales rep, channel or fit where the data has them, by any other attribute elsewhere."""
    known = [name for one in STANDING if (name := role(view.data, one)) is not None]
    st.header("Kept, and lost early", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = controls.dimension(view, "By", key="keeps", most=_MOST, leading=tuple(known))
        early = int(st.number_input("Early means within months", 1, 36, 12, key="early", bind="query-params", width=200))
    if by is None:
        st.caption("This data has no attributes to compare. Add an owner, a sales rep or a channel as a column.")
        return
    question = f"standing/{view.selection}/{by}/{early}"
    frame = cache.answer(view.data, question, partial(explain.standing, view.data, by=by, early=early, **asked))
    st.caption(present.safe_text(explain.standing_finding(frame, dimension=by, early=early)))
    present.table(
        frame, view, name="kept_and_lost_early", key="standing_table", expanded=True, title="NRR and early churn",
        note=f"Early churn: of the accounts that first paid {early} months before a month of this window, those that no longer pay {early} "
        "months after it. By the attribute at first payment; accounts of the data's first month are left out.",
    )  # fmt: skip
