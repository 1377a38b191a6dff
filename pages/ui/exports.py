"""Taking things away: every download asks once more who is there, and leaves a line in the audit log."""

from collections.abc import Callable
from typing import Any

from pages.ui import backend, source, who

__all__ = ["guarded"]


def guarded(make: Callable[[], Any], *, name: str) -> Callable[[], Any]:
    """The same function, run only while this session's person may export; what they took is logged by name.

    The download runs when it is clicked, outside the page's run, perhaps long after it was drawn.
    """
    shown = source.current()
    held, sample = shown.held, shown.sample
    store, again = backend.store(), who.again()
    place = who.place()
    workspace_id = held.workspace_id if held else place.workspace_id if place else None

    def made() -> Any:
        actor = again()
        if held is not None and not held.snapshot:
            store.datasets.get(actor, held.dataset_id, held.number)
        store.audit.add(
            actor, "export", workspace_id=workspace_id, target=held.dataset_id if held else None, what=name,
            version=held.number if held else "sample data" if sample else "not saved",
        )  # fmt: skip
        return make()

    return made
