"""Who is looking: the person of this session, and the workspace they look at."""

from collections.abc import Callable

from nrr_core.store import Actor, Membership
from pages.ui import backend, state

__all__ = ["actor", "again", "place", "signed_in"]


def signed_in() -> bool:
    """Whether people sign in to this app."""
    return backend.store().settings.sign_in


def actor() -> Actor:
    """The person of this session. Without sign-in, the one person of this machine."""
    return backend.store().people.local


def again() -> Callable[[], Actor]:
    """Asks once more later, outside the page's run: who this session's person is by then, or that they are gone."""
    people = backend.store().people
    return lambda: people.local


def place() -> Membership | None:
    """The workspace the session looks at: the one chosen, or the first; None for somebody who is a member of none."""
    memberships = actor().memberships
    chosen = state.recall("workspace")
    return next((m for m in memberships if m.workspace_id == chosen), memberships[0] if memberships else None)
