"""Accounts behind a figure: the table every page opens when a bar, a segment or a cell is clicked."""

from typing import Any

import streamlit as st

from nrr_core.formats import plain_text
from pages.ui import cache, present
from pages.ui.view import View

__all__ = ["accounts_behind"]

SHOWN = 200
_COLUMNS = ["account_id", "account_name", "state", "opening_mrr", "closing_mrr", "change_mrr", "nrr", "first_paid"]


def accounts_behind(view: View, title: str, *, key: str, **more: Any) -> None:
    """The accounts of a view, narrowed by ``state``, ``cohort`` or ``cadence``, largest effect first."""
    frame = cache.accounts(view.data, view.selection, limit=SHOWN, **more)
    total = frame.attrs["total_rows"]
    st.header(present.safe_text(f"{plain_text(title)}: {present.counted(total, 'account')}"), anchor=False)
    if not total:
        st.caption("No account is behind this figure.")
        return
    if total > SHOWN:
        st.caption(f"The {SHOWN} with the largest effect are shown; the download has all.")
    known = [c for c in _COLUMNS if c in frame.columns]
    order = [*known, *(c for c in frame.columns if c in view.data.dimensions and c not in known)]
    st.dataframe(
        present.shown(frame, view), column_config=present.formats(frame, view), column_order=order, hide_index=True,
        key=f"{key}_people", height=min(38 + 35 * total, 420), placeholder="–",
    )  # fmt: skip
    present.downloads(
        lambda: cache.all_accounts(view.data, view.selection, **more), name="accounts", key=f"{key}_people", stamp=frame.attrs["stamp"]
    )
