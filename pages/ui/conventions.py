"""Conventions and knobs: what the data on screen gives under every preset, and what each knob does, shown on a small ledger."""

from functools import partial

import pandas as pd
import streamlit as st

from nrr_core import PRESETS, STANDARD, charts, explain
from nrr_core.definition import KNOBS, Knob
from nrr_core.examples import EXAMPLES, worked
from nrr_core.formats import percent_text, points_text
from pages.ui import cache, cards, present
from pages.ui.view import View

__all__ = ["knobs", "presets"]


def presets(view: View) -> None:
    """NRR under every convention in use: the spread, the sources, and what they leave open."""
    s = view.selection
    ask = partial(explain.conventions, view.data, close=s.close, where=dict(s.where), fiscal_start=s.fiscal_start)
    frame: pd.DataFrame = cache.answer(view.data, f"conventions/{s.close}/{s.where}/{s.fiscal_start}", ask)
    yearly = frame[(frame["window"] == "12") & frame["nrr"].notna()]
    if len(yearly) > 1:
        low, high = yearly["nrr"].min(), yearly["nrr"].max()
        st.markdown(
            present.safe_text(
                f"The same data, the same year: {percent_text(low)} to {percent_text(high)}, depending on the convention. "
                "None of them is a mistake; they answer different questions."
            )
        )
    bars = yearly.rename(columns={"title": "segment", "nrr": "value", "opening_accounts": "accounts"}).assign(opening_mrr=1.0)
    made = cache.drawn(frame, view, lambda: charts.conventions(bars[["segment", "value"]]), "conventions")
    present.chart(made, key="conventions", name="conventions")
    st.caption("Yearly conventions only; those of a month or of another window stand below.")
    with st.grid(2, min_column_width=380):
        for row in frame.to_dict("records"):
            _preset(row)
    present.table(frame, view, name="conventions", key="conventions_table")


def _preset(row: dict[str, object]) -> None:
    """One preset with its source and its doubts."""
    one = PRESETS[str(row["preset"])]
    with st.container(border=True, height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{present.safe_text(one.title)}**  \n{present.safe_text(one.used_by)}", width="stretch")
            value = row["nrr"]
            st.markdown(f"**{present.safe_text(percent_text(value if isinstance(value, float) else None))}**", width="content")
            inert = cards.now() == one.card
            st.button(
                "In force" if inert else "Use",
                key=f"preset_{one.name}",
                on_click=cards.put,
                args=(one.card,),
                disabled=inert,
                width="content",
            )
        st.caption(present.safe_text(f"Source: {one.source}"))
        st.caption(present.safe_text(f"Left open there: {one.ambiguity}"))
        if row["reason"]:
            st.caption(present.safe_text(f"No value here: {row['reason']}"))


def knobs(view: View | None) -> None:
    """One knob at a time: its question, its values, a ledger to add up in the head, and what it does to the data on screen."""
    labels = {knob.label: knob for knob in KNOBS}
    chosen = labels[st.pills("Knob", list(labels), default="Family", required=True, key="knob", bind="query-params")]
    st.subheader(chosen.question, anchor=False)
    if chosen.options:
        st.markdown("\n".join(f"- **{value.replace('_', ' ').capitalize()}**: {meaning}" for value, meaning in chosen.options.items()))
    left, right = st.columns(2, gap="large")
    with left:
        _example(chosen)
    with right:
        if view is not None:
            _own(view, chosen)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _example(knob: Knob) -> None:
    """The knob on a ledger of a few accounts, computed by the library when it is first asked for."""
    example = EXAMPLES[knob.name]
    st.markdown("**An example to add up in your head**")
    st.caption(present.safe_text(example.text))
    st.dataframe(example.table(), hide_index=True, key=f"example_{knob.name}", height="content")
    found = cache.example(knob.name, partial(worked, knob.name))
    _written(found)


def _written(found: pd.DataFrame) -> None:
    """How each value comes about: name, value and working, one below the other so that long ones can be read."""
    lines = [
        f"{_capital(row.value)}\n  {row.working}\n  = {percent_text(row.nrr)}, GRR {percent_text(row.grr)}" for row in found.itertuples()
    ]
    st.code("\n".join(lines), language=None, wrap_lines=True)


def _own(view: View, knob: Knob) -> None:
    """The knob on the data on screen, everything else as the card in force has it."""
    s = view.selection
    st.markdown("**Your data**")
    ask = partial(
        explain.knob_values, view.data, knob.name, card=s.card, close=s.close, where=dict(s.where), fiscal_start=s.fiscal_start,
        amount=partial(present.written, view),
    )  # fmt: skip
    frame: pd.DataFrame = cache.answer(view.data, f"knob/{knob.name}/{s}/{view.unit}", ask)
    known = frame[frame["nrr"].notna()]
    if len(known):
        bars = known.assign(segment=known["value"].map(_capital), value=known["nrr"])[["segment", "value", "chosen"]]
        made = cache.drawn(frame, view, lambda: charts.conventions(bars), "knob", knob.name)
        present.chart(made, key="knob_chart", name=f"knob_{knob.name}")
        spread = known["nrr"].max() - known["nrr"].min()
        said = (
            "It makes no difference to NRR here."
            if points_text(spread) == "0.0 pt"
            else f"It moves NRR by up to {points_text(spread).lstrip('+')}."
        )
        st.caption(present.safe_text(f"Everything else as in the definition in force. {said}"))
        _written(known)
    for row in frame[frame["reason"] != ""].to_dict("records"):
        st.caption(present.safe_text(f"{row['value']}: {row['reason']}"))
    if s.card != STANDARD:
        st.caption(present.safe_text(f"In force: {cards.title(s.card)}."))
