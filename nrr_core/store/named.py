"""Stored datasets by name, for the command line and notebooks: ``store:Revenue`` or ``store:Revenue@3``."""

import os
from collections.abc import Iterable

from nrr_core.dataset import Dataset
from nrr_core.errors import AccessError, StoreError, nearest
from nrr_core.store.access import Actor
from nrr_core.store.store import Store
from nrr_core.store.versions import Held

__all__ = ["PREFIX", "actor_of_environment", "find", "only", "open_named"]

PREFIX = "store:"


def actor_of_environment(store: Store) -> Actor:
    """Who runs the command: the owner of the token in ``NRR_TOKEN``, or without sign-in this machine's person.

    Raises
    ------
    AccessError
        People sign in here and there is no token, or it does not hold.

    """
    token = os.environ.get("NRR_TOKEN", "")
    if token:
        return store.people.of_token(token)
    if store.settings.sign_in:
        raise AccessError("People sign in to this store. Make a token on the Workspace page and set it as NRR_TOKEN.")
    return store.people.local


def find(store: Store, actor: Actor, text: str) -> Held:
    """The version that a text names: ``NAME`` or id, with ``@NUMBER`` for one version, default the newest.

    Raises
    ------
    AccessError, StoreError
        Nothing of that name is here for this actor, or several are.

    """
    name, at, number = text.removeprefix(PREFIX).rpartition("@")
    if not at or not number.isdecimal():
        name, number = text.removeprefix(PREFIX), ""
    every = [held for m in actor.memberships for held in store.datasets.listed(actor, m.workspace_id)]
    found = only(name, every)
    if found is None:
        raise AccessError(f"There is no stored dataset “{name}” that you may see.{nearest(name, {held.name for held in every})}")
    return found if not number else store.datasets.get(actor, found.dataset_id, int(number))


def only(name: str, every: Iterable[Held], *, besides: str = "") -> Held | None:
    """The one of these datasets that has the name or id, None where none has; raises StoreError where several have it."""
    found = [held for held in every if name in (held.name, held.dataset_id)]
    if len(found) > 1:
        ids = ", ".join(held.dataset_id for held in found)
        raise StoreError(f"{len(found)} datasets are called “{name}”. Name one by its id: {ids}.{besides}")
    return found[0] if found else None


def open_named(store: Store, actor: Actor, text: str, *, asked: str) -> Dataset:
    """The dataset that a text names, with the actor's rights; ``asked`` is what the audit log says about it."""
    held = find(store, actor, text)
    data = store.datasets.open(actor, held)
    store.audit.add(actor, "export", workspace_id=held.workspace_id, target=held.dataset_id, what=asked, version=held.number)
    return data
