"""Who may do what. Nothing is allowed that is not listed here, and every repository asks here first."""

from dataclasses import dataclass
from typing import Final

from nrr_core.errors import AccessError

__all__ = ["FIRST_WORKSPACE", "LOCAL", "NOT_HERE", "Actor", "Membership", "require"]

LOCAL: Final = "local"  # the one person of a machine without sign-in
FIRST_WORKSPACE: Final = "Main"  # made with the store; its owners run the deployment
_AT_LEAST: Final = {
    "read": "viewer",
    "share": "viewer",
    "export": "viewer",
    "publish": "editor",
    "save": "editor",
    "snapshot": "editor",
    "delete": "owner",
    "people": "owner",
    "audit": "owner",
    "settings": "owner",
}
_RANK: Final = {"viewer": 1, "editor": 2, "owner": 3}
NOT_HERE: Final = "There is nothing here that you may see. Ask the person who sent you the link, or an owner of the workspace."


@dataclass(frozen=True, slots=True)
class Membership:
    """One person's place in one workspace. ``owner_dimension``: viewers see only accounts whose segment in it is ``sees``."""

    workspace_id: str
    workspace: str
    role: str
    sees: str = ""
    owner_dimension: str | None = None

    @property
    def rule(self) -> tuple[str, str] | None:
        """The row rule for this person: a dimension and the one segment whose accounts they see; None for all accounts."""
        return (self.owner_dimension, self.sees) if self.owner_dimension and self.role == "viewer" else None

    def may(self, action: str) -> bool:
        """Whether the role allows the action."""
        return _RANK[self.role] >= _RANK[_AT_LEAST[action]]


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who asks: a person who signed in, a token's owner, or the one person of a laptop."""

    user_id: str
    email: str
    name: str
    memberships: tuple[Membership, ...]

    def member(self, workspace_id: str) -> Membership | None:
        """The place in a workspace, or None."""
        return next((m for m in self.memberships if m.workspace_id == workspace_id), None)


def require(actor: Actor, workspace_id: str, action: str) -> Membership:
    """The membership that allows an action.

    Raises
    ------
    AccessError
        The actor is no member (the same words as for what does not exist), or the role does not allow it.

    """
    found = actor.member(workspace_id)
    if found is None:
        raise AccessError(NOT_HERE)
    if not found.may(action):
        raise AccessError(f"Your role here is {found.role}; this needs {_AT_LEAST[action]}. Ask an owner of “{found.workspace}”.")
    return found
