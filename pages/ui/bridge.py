"""The reconciler: from one definition's NRR to another's, knob by knob, with the accounts of each step."""

from functools import partial

import pandas as pd
import streamlit as st

from nrr_core import Definition, charts, explain
from nrr_core.errors import NrrError
from nrr_core.formats import points_text
from pages.ui import cache, editor, present
from pages.ui.view import View

__all__ = ["reconciled"]


def reconciled(view: View) -> None:
    """Two definitions, the way between them, and who makes it up."""
    options = editor.choices(view)
    names = list(options)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        start = st.selectbox("From", names, index=names.index("Closed-cohort standard"), key="rec_from", width=360)
        end = st.selectbox("To", names, index=names.index("All movements of the year over its opening"), key="rec_to", width=360)
    found = _found(view, options[start], options[end])
    if found is None:
        return
    present.headline(explain.reconcile_finding(found))
    steps = explain.reconcile_steps(found)
    made = cache.drawn(found.frame, view, lambda: charts.effects(steps), "reconcile", str(found.start))
    clicked = present.chart(made, key="reconcile", select=True, name="reconciliation", hint="Click a step to see its accounts.")
    step = present.picked(clicked, "step")
    named = list(steps["step"])[1:-1]
    chosen = st.selectbox(
        "Accounts of", range(1, len(found.steps) + 1), index=named.index(step) if step in named else 0, key="rec_step",
        format_func=lambda i: f"{i}. {named[i - 1]}", width=360,
    ) if named else None  # fmt: skip
    if chosen is not None:
        _accounts(found, chosen)
    present.table(found.frame, view, name="reconciliation", key="rec_table", title="Steps")


def _found(view: View, start: Definition, end: Definition) -> explain.Reconciliation | None:
    s = view.selection
    ask = partial(explain.reconcile, view.data, start, end, close=s.close, where=dict(s.where), fiscal_start=s.fiscal_start)
    question = f"reconcile/{start.short_hash}/{end.short_hash}/{s.close}/{s.where}/{s.fiscal_start}"
    try:
        found: explain.Reconciliation = cache.answer(view.data, question, ask)
    except NrrError as error:
        present.refused(error)
        return None
    return found


def _accounts(found: explain.Reconciliation, step: int) -> None:
    """Who makes up one step."""
    frame = found.accounts(step)
    effect = found.steps[step - 1].effect
    if frame.empty:
        st.caption("No account changes anything in this step.")
        return
    noun = present.counted(len(frame), "account")
    verb = "makes" if len(frame) == 1 else "make"
    st.caption(present.safe_text(f"{noun} {verb} {points_text(float(effect))}; each one's part adds up to it exactly."))
    shown = pd.DataFrame(
        {"Account": frame["account_id"].head(200), "Part of NRR, points": frame["effect"].head(200) * 100}
    )  # fmt: skip
    st.dataframe(
        shown, hide_index=True, key=f"rec_accounts_{step}", height=min(300, 38 + 35 * len(shown)),
        column_config={"Part of NRR, points": st.column_config.NumberColumn(format="%+.3f")},
    )  # fmt: skip
    if len(frame) > len(shown):
        st.caption(f"The {len(shown)} largest of {len(frame):,}; the download has all.")
    present.downloads(lambda: frame, name="reconciliation_accounts", key="rec_accounts")
