"""The card editor: every knob with its question, what the edited card gives, and the ways to put it in force or keep it."""

from dataclasses import replace
from typing import Any

import streamlit as st

from nrr_core import PRESETS, STANDARD, Definition
from nrr_core.definition import KNOBS, Knob
from nrr_core.errors import ConflictError, NrrError
from nrr_core.formats import percent_text
from nrr_core.ledgers import facts
from nrr_core.periods import WINDOWS
from nrr_core.schema import UNIT
from nrr_core.store import Document
from pages.ui import backend, cache, cards, naming, present, state, who
from pages.ui.view import MEASURES, View

__all__ = ["card", "choices"]

_SPANS: tuple[int | str, ...] = (1, 2, 3, 6, 9, 12, 18, 24, 36, *WINDOWS)
_TYPES = {"recurring": "Recurring", "usage": "Usage", "one_off": "One-off"}
_NUMBERS = {"gap_months": (0, 24, 1), "average_months": (1, 36, 1), "min_opening_mrr": (0, 10**9, 100)}


def choices(view: View | None) -> dict[str, Definition]:
    """Every card that can be chosen by name: the one in force, the presets, and those saved in the workspace."""
    found = {"In force": cards.now() if view is None else view.selection.card} | {one.title: one.card for one in PRESETS.values()}
    kept = _saved()
    called = naming.labels({one.id: one.name for one in kept})
    return found | {f"{called[one.id]} (saved)": _read(one) for one in kept}


def _saved() -> list[Document]:
    place = who.place()
    return [] if place is None else backend.store().documents.listed(who.actor(), place.workspace_id, "card")


def _read(document: Document) -> Definition:
    return Definition.from_dict(dict(document.body))


def card(view: View | None) -> None:
    """Start from a card, turn its knobs, see what it gives, use it."""
    st.caption("Start from a convention, turn what your team does differently, and use the result on every page, link and export.")
    options = choices(view)
    start = st.selectbox("Start from", list(options), key="card_from", width=420)
    base = options[start]
    held: tuple[str, int] = state.recall("card_turn", ("", 0))
    if held[0] != f"{start} {base.short_hash}":  # another start: its knobs are drawn anew
        held = (f"{start} {base.short_hash}", held[1] + 1)
        state.remember("card_turn", held)
    with st.grid(3, min_column_width=250):
        made = {knob.name: _control(knob, getattr(base, knob.name), f"cd_{held[1]}_{knob.name}") for knob in KNOBS}
    try:
        edited = Definition(**made)
    except NrrError as error:
        present.refused(error)
        return
    if view is not None:
        _preview(view, edited)
    _actions(edited, cards.now() if view is None else view.selection.card)
    if view is not None:
        _missing(view)


def _missing(view: View) -> None:
    """Which knobs this data can't answer, and what to add to the file."""
    missing = facts(view.data).missing
    if missing:
        with st.expander("What this data can't tell apart", icon=":material/help:"):
            for reason in missing.values():
                st.markdown(f"- {present.safe_text(reason)}")


def _control(knob: Knob, value: Any, key: str) -> Any:
    """The control of one knob."""
    if knob.options:
        options = list(knob.options)
        captions = "\n".join(f"- **{_word(option)}**: {meaning}" for option, meaning in knob.options.items())
        return st.selectbox(
            knob.label, options, index=options.index(value), key=key, format_func=_word, help=f"{knob.question}\n\n{captions}",
        )  # fmt: skip
    if knob.name == "window_months":
        spans = list(_SPANS) if value in _SPANS else [value, *_SPANS]
        return st.selectbox(knob.label, spans, index=spans.index(value), key=key, format_func=_span, help=knob.question)
    if knob.name == "revenue_types":
        kinds = list(_TYPES)
        found = st.pills(
            knob.label, kinds, default=list(value), selection_mode="multi", key=key, format_func=_TYPES.__getitem__, help=knob.question,
        )  # fmt: skip
        return tuple(found) or value
    low, high, step = _NUMBERS[knob.name]
    scale = UNIT if knob.name == "min_opening_mrr" else 1
    return int(st.number_input(knob.label, low, high, value=value // scale, step=step, key=key, help=knob.question)) * scale


def _word(option: str) -> str:
    text = option.replace("_", " ")
    return text if text.isupper() else text.capitalize()


def _span(window: int | str) -> str:
    return present.counted(window, "month") if isinstance(window, int) else WINDOWS[window].capitalize()


def _preview(view: View, edited: Definition) -> None:
    """What the edited card gives for the close on screen, against the one in force."""
    now = view.selection.card
    try:
        rates = cache.retention(view.data, replace(view.selection, card=edited, window=edited.window_months))
    except NrrError as error:
        present.refused(error)
        return
    row = rates.iloc[0]
    if edited.family == "renewal_base":
        with st.grid(3, min_column_width=160):
            for name, label in (
                ("renewal_rate", "Renewal rate"), ("net_renewal_rate", "Net renewal rate"), ("logo_renewal_rate", "Logo renewal rate"),
            ):  # fmt: skip
                present.card(label, float(row[name]))
        st.caption("A renewal rate is not NRR: accounts whose contract did not end are left out of it.")
        return
    before = cache.retention(view.data, view.selection).iloc[0]
    with st.grid(3, min_column_width=160):
        for name, label in MEASURES.items():
            present.card(label, float(row[name]), before=float(before[name]), since="vs. the definition in force")
    same = "It is the definition in force." if edited == now else f"The one in force gives {percent_text(before.nrr)}."
    st.caption(present.safe_text(f"{edited.label} · {edited.short_hash}. {same}"))


def _actions(edited: Definition, now: Definition) -> None:
    """Use it, keep it under a name, take it away."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        inert = edited == now or edited.family == "renewal_base"
        st.button(
            "Use on every page", type="primary", icon=":material/check:", key="card_use", on_click=cards.put, args=(edited,), disabled=inert
        )
        if cards.now() != STANDARD:
            st.button("Back to the standard", icon=":material/undo:", key="card_reset", on_click=cards.put, args=(STANDARD,))
        place = who.place()
        if place is not None and place.may("save"):
            with st.popover("Save as", icon=":material/save:"):
                _save_form(edited, place.workspace_id)


def _save_form(edited: Definition, workspace_id: str) -> None:
    name = st.text_input("Name", key="card_name", placeholder="What finance publishes")
    kept = _saved()
    same = next((one for one in kept if one.name == " ".join(name.split())), None)
    if not st.button("Save over it" if same else "Save", key="card_save"):
        return
    documents, asking = backend.store().documents, who.actor()
    try:
        if same is None:
            documents.create(asking, workspace_id, "card", name, edited.as_dict())
        else:
            documents.save(asking, same.id, edited.as_dict(), version=same.version)
    except (ConflictError, NrrError) as error:
        present.refused(error)
        return
    state.remember("card_name", (edited, " ".join(name.split())))
    st.toast("Definition saved.", icon=":material/check_circle:")
    st.rerun()
