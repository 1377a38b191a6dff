"""From a file to a stored version in one step, for notebooks and scheduled commands."""

from pathlib import Path

from nrr_core.definition import STANDARD
from nrr_core.engines import open_dataset
from nrr_core.errors import AccessError, StoreError
from nrr_core.explain import closed_findings, restated
from nrr_core.ingest import Options
from nrr_core.reading import prepare_apart
from nrr_core.store.access import NOT_HERE, Actor
from nrr_core.store.datasets import Draft
from nrr_core.store.files import discard
from nrr_core.store.named import only
from nrr_core.store.store import Store
from nrr_core.store.versions import Held

__all__ = ["publish_file"]


def publish_file(
    store: Store,
    actor: Actor,
    file: Path,
    *,
    name: str,
    accounts: Path | None = None,
    rates: Path | None = None,
    options: Options | None = None,
    last: str | None = None,
    workspace_id: str | None = None,
    change_closed: bool = False,
) -> Held:
    """Read a file under the limits of an upload and save it as the newest version of the dataset of that name or id.

    ``workspace_id`` defaults to the first workspace in which the actor may publish. A dataset of that name that does not
    exist yet is made. ``change_closed`` says that figures of closed months may change; the audit log keeps that they did.

    Raises
    ------
    IngestError, AccessError, StoreError
        The file is refused, the actor may not publish here, several datasets have that name, it changes closed months, or it
        could not be kept; nothing has changed.

    """
    if workspace_id is None:
        workspace_id = next((m.workspace_id for m in actor.memberships if m.may("publish")), None)
    if workspace_id is None:
        raise AccessError(NOT_HERE)
    stored = (held for held in store.datasets.listed(actor, workspace_id) if not held.snapshot)
    there = only(name, stored, besides=" Nothing was saved.")
    raw = tuple(store.datasets.keep_raw(actor, workspace_id, one.name, one) for one in (file, accounts, rates) if one is not None)
    folder = store.files.scratch()
    try:
        prepare_apart(
            store.files.raw / raw[0].sha256, folder, accounts=store.files.raw / raw[1].sha256 if accounts else None,
            rates=store.files.raw / raw[-1].sha256 if rates else None, last=last, options=options, name=file.name,
            memory_mb=store.settings.import_memory_mb, seconds=store.settings.import_seconds, tables=True,
        )  # fmt: skip
        changed = _closed_changes(store, actor, there, folder) if there else ""
        if changed and not change_closed:
            raise StoreError(f"{changed} Nothing was saved. Say that this is meant: change_closed=True, or --change-closed.")
        return store.datasets.publish(
            actor, workspace_id, Draft(folder, raw), name=there.name if there else name,
            dataset_id=there.dataset_id if there else None, closed_changes=bool(changed),
        )  # fmt: skip
    finally:
        discard(folder)


def _closed_changes(store: Store, actor: Actor, held: Held, folder: Path) -> str:
    """What a draft changes in closed months of the newest version, in words; empty: nothing."""
    closed = store.closed.of(actor, held.dataset_id)
    if closed.through is None:
        return ""
    before, after = store.datasets.open(actor, held), open_dataset(folder)
    found = restated(before, after, closed_through=closed.through, window=min(STANDARD.months, before.last - before.first) or 1)
    return " ".join(f"{one.text}" for one in closed_findings(found, closings=closed.days))
