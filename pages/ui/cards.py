"""The definition card in force: chosen on the Definitions page, carried by the address, shown on every page."""

import streamlit as st

from nrr_core import STANDARD, Definition
from nrr_core.errors import DefinitionError
from nrr_core.presets import card_of, code_of, named
from pages.ui import filters, present, state

__all__ = ["arrive", "note", "now", "put", "title"]

_PARAMETER = "card"


def now() -> Definition:
    """The card in force; its window is the one of the filter row."""
    held: Definition | None = state.recall("card")
    return held or STANDARD


def put(card: Definition) -> None:
    """Put a card in force, on every page; the filter row takes its window and its unit."""
    state.remember("card", card)
    label = next((text for text, window in filters.WINDOWS.items() if window == card.window_months), None)
    if label is not None:
        state.assign("window", label)
    state.assign("unit", card.measure)
    if code_of(card) == code_of(STANDARD):
        st.query_params.pop(_PARAMETER, None)
    else:
        st.query_params[_PARAMETER] = code_of(card)


def arrive() -> None:
    """Take the card that the address names, or write the one in force into the address."""
    wanted, held = st.query_params.get(_PARAMETER), now()
    if wanted is None:
        if code_of(held) != code_of(STANDARD):
            st.query_params[_PARAMETER] = code_of(held)
        return
    if wanted == code_of(held):
        return
    try:
        state.remember("card", card_of(wanted))
    except DefinitionError as error:
        st.query_params.pop(_PARAMETER)
        st.warning(present.safe_text(f"The definition in this address is not one. {error}"), icon=":material/error:")


def title(card: Definition) -> str:
    """A card's name for people: the one it was saved under, its preset's, or the knobs that differ."""
    saved: tuple[Definition, str] | None = state.recall("card_name")
    if saved is not None and code_of(saved[0]) == code_of(card):
        return saved[1]
    same = named(card)
    return same.title if same else card.label


def note(card: Definition) -> str:
    """What to know where pages show bridges and accounts under a card that measures otherwise; empty for the others."""
    if card.family == "renewal_base":
        return "This definition is a renewal rate, which is not NRR: NRR, GRR and logo retention have no value under it."
    if card.family == "point_to_point" and card.returns != "all" and card.average == "none":
        return ""
    return f"NRR, GRR and logo retention follow “{title(card)}”. Bridges and lists of accounts compare the two ends of the window."
