"""Datasets by what a person calls them: a dataset itself, a file, ``store:NAME@VERSION``, or the contents a stamp names."""

from pathlib import Path
from typing import Any

from nrr_core.dataset import Dataset
from nrr_core.reading import read

__all__ = ["by_contents", "opened"]


def opened(source: Dataset | str | Path, *, asked: str, **options: Any) -> Dataset:
    """The dataset; ``options`` are those of ``read``, ``asked`` is what the audit log of a store says about it."""
    if isinstance(source, Dataset):
        return source
    if str(source).startswith("store:"):
        from nrr_core.store import actor_of_environment, open_named, open_store  # noqa: PLC0415 - files need no store

        store = open_store()
        return open_named(store, actor_of_environment(store), str(source), asked=asked)
    return read(source, **options)


def by_contents(sha256: str, *, asked: str) -> Dataset | None:
    """The saved version with these contents, among those that whoever runs this may see; None where there is none."""
    from nrr_core.store import actor_of_environment, open_store  # noqa: PLC0415 - only who names no dataset needs the store

    store = open_store()
    actor = actor_of_environment(store)
    for member in actor.memberships:
        for newest in store.datasets.listed(actor, member.workspace_id):
            for held in store.datasets.numbers(actor, newest.dataset_id):
                if held.sha256 == sha256:
                    return opened(f"store:{held.dataset_id}@{held.number}", asked=asked)
    return None
