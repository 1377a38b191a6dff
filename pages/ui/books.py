"""Book of business: NRR by owner under three rules, and what changed hands."""

from functools import partial

import streamlit as st

from nrr_core import charts, explain
from nrr_core.explain import RULE_LABELS, Books
from nrr_core.roles import role
from pages.ui import cache, controls, people, present
from pages.ui.view import View

__all__ = ["owners"]

_MOST = 200


def owners(view: View) -> None:
    """Sentence, the three rules as points, the table of owners, and the transfers."""
    s = view.selection
    known = role(view.data, "owner")
    name = controls.dimension(view, "Owner", key="owner", most=_MOST, leading=(known,) if known else ())
    if name is None:
        st.info("This data has no owner. Add a column “owner” to the file, or an accounts file on the Data page.")
        return
    if known is None:
        st.caption("No column is an owner by its name, so any attribute can stand for it.")
    ask = partial(
        explain.books, view.data, owner=name, window=s.window, close=s.close, where=dict(s.where), card=s.card, fiscal_start=s.fiscal_start
    )  # fmt: skip
    found: Books = cache.answer(view.data, f"books/{s}/{name}", ask)
    present.headline(explain.books_finding(found))
    st.caption(
        "Three ways to put an account into a book: by its owner when the window opened, shared by the months each owner held it, or by its "
        "owner now. Each adds up to the same total."
    )
    points = partial(explain.book_points, found, factor=view.factor)
    made = cache.drawn(found.rules, view, lambda: charts.books(points(), names=RULE_LABELS, currency=view.currency), "books")
    hint = "Click a point to see the accounts that the owner had at the open."
    clicked = present.chart(made, key="books", select=True, name="books", hint=hint)
    owner = present.picked(clicked, "owner")
    if owner in view.data.axis(name).segments:
        people.accounts_behind(view.where(name, owner), owner, key="books")
    present.table(found.table, view, name="books", key="books_table", expanded=True, title="Owners")
    count = present.counted(len(found.transfers), "transfer")
    present.table(found.transfers, view, name="transfers", key="transfers_table", title=f"{count} within the window")
