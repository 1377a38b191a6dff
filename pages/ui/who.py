"""Who is looking: the person of this session, and the workspace they look at."""

import time
from collections.abc import Callable
from urllib.parse import unquote

import streamlit as st

from nrr_core.store import Actor, Membership, SignedOut, session_key
from pages.ui import backend, sign_in, state

__all__ = ["actor", "again", "badge", "enter", "leave", "place", "signed_in"]

_REMEMBERED = 5.0  # seconds that one look at the sign-in serves; every full run looks afresh
_TOLD = "X-Nrr-Told"  # the gate's word on why nobody is signed in


def signed_in() -> bool:
    """Whether people sign in to this app."""
    return backend.settings().sign_in


def enter() -> bool:
    """Whether somebody may come in; draws what they see instead. Comes before anything else of a page."""
    state.drop("actor")
    try:
        person = actor()
    except SignedOut as over:
        told = unquote((st.context.headers or {}).get(_TOLD, ""))
        sign_in.page(str(over) if st.user.get("is_logged_in") else told)
        return False
    if not person.memberships and "link" not in st.query_params and state.recall("stored") is None:
        sign_in.nowhere(person, backend.settings().owners, leave)
        return False
    return True


def actor() -> Actor:
    """The person of this session. Without sign-in, the one person of this machine.

    Raises
    ------
    SignedOut
        Nobody is signed in, or the sign-in is over.

    """
    key = _key() if signed_in() else ""
    kept_key, until, kept = state.recall("actor", ("", 0.0, None))
    if kept is not None and kept_key == key and time.monotonic() < until:
        return kept
    people = backend.store().people
    found = people.of_session(key) if signed_in() else people.local
    state.remember("actor", (key, time.monotonic() + _REMEMBERED, found))
    return found


def again() -> Callable[[], Actor]:
    """Asks once more later, outside the page's run: who this session's person is by then; raises SignedOut where they are gone."""
    people = backend.store().people
    if not signed_in():
        return lambda: people.local
    key = _key()
    return lambda: people.of_session(key)


def leave() -> None:
    """Sign out, here and wherever a copy of the cookie is."""
    backend.store().people.sign_out(_key())
    state.drop("actor")
    st.logout()


def _key() -> str:
    """The key of this session's sign-in, the same as the gate's: Streamlit only adds to and takes from the claims what no key uses."""
    if not st.user.get("is_logged_in"):
        raise SignedOut("You are not signed in.")
    return session_key(st.user.to_dict())


def place() -> Membership | None:
    """The workspace the session looks at: the one chosen, or the first; None for somebody who is a member of none."""
    memberships = actor().memberships
    chosen = state.recall("workspace")
    return next((m for m in memberships if m.workspace_id == chosen), memberships[0] if memberships else None)


def badge() -> None:
    """Whose session this is, in the sidebar."""
    if signed_in():
        sign_in.person(actor(), leave)
    elif not backend.settings().allow_network:
        st.caption("This machine only")
