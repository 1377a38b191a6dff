"""What somebody sees who is not in: the sign-in page, or that no workspace knows them yet. And the way out."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nrr_core.formats import plain_text
from nrr_core.store import Actor
from pages.ui.escape import safe_text

__all__ = ["nowhere", "page", "person"]

_WIDTH = 420


def page(reason: str) -> None:
    """The sign-in page: what this is, why one is here again if there is a reason, and one button."""
    with _card():
        st.title("NRR explorer", anchor=False)
        st.markdown("Net revenue retention you can prove: upload revenue, pick a segment, see what moved it.")
        if reason:
            st.info(safe_text(reason), icon=":material/info:")
        kind = "secondary" if st.context.theme.type == "dark" else "primary"  # white on the dark theme's accent can't be read
        if st.button("Sign in", key="sign_in", type=kind, width="stretch"):
            st.login()
        st.caption("Opens the sign-in page of your company.")


def nowhere(who: Actor, owners: tuple[str, ...], leave: Callable[[], None]) -> None:
    """For somebody who is signed in, and a member of no workspace."""
    with _card():
        st.title("No workspace yet", anchor=False)
        st.text(f"You are signed in as {who.email}, and no workspace has you as a member.")
        asked = " or ".join(owners) or "an owner of the workspace you need"
        st.text(f"Ask {asked} to add you, then reload this page.")
        _way_out(leave)


def person(who: Actor, leave: Callable[[], None]) -> None:
    """Who is signed in, and the way out."""
    st.caption(safe_text(plain_text(who.name, limit=40)))
    _way_out(leave)


def _way_out(leave: Callable[[], None]) -> None:
    if st.button("Sign out", key="sign_out", icon=":material/logout:", type="tertiary"):
        leave()
        st.stop()


def _card() -> DeltaGenerator:
    """A card in the middle of the page."""
    st.space("large")
    with st.container(horizontal_alignment="center"):
        return st.container(width=_WIDTH, border=True, gap="medium")
