"""From a file to a stored version in one step, for notebooks and scheduled commands."""

from pathlib import Path

from nrr_core.errors import AccessError
from nrr_core.ingest import Options
from nrr_core.reading import prepare_apart
from nrr_core.store.access import NOT_HERE, Actor
from nrr_core.store.datasets import Draft, Held
from nrr_core.store.files import discard
from nrr_core.store.store import Store

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
) -> Held:
    """Read a file under the limits of an upload and save it as the newest version of the dataset of that name.

    ``workspace_id`` defaults to the first workspace in which the actor may publish. A dataset of that name that does not
    exist yet is made.

    Raises
    ------
    IngestError, AccessError, StoreError
        The file is refused, the actor may not publish here, or it could not be kept; nothing has changed.

    """
    if workspace_id is None:
        workspace_id = next((m.workspace_id for m in actor.memberships if m.may("publish")), None)
    if workspace_id is None:
        raise AccessError(NOT_HERE)
    there = [held for held in store.datasets.listed(actor, workspace_id) if held.name == name and not held.snapshot]
    raw = tuple(store.datasets.keep_raw(actor, workspace_id, one.name, one) for one in (file, accounts, rates) if one is not None)
    folder = store.files.scratch()
    try:
        prepare_apart(
            store.files.raw / raw[0].sha256, folder, accounts=store.files.raw / raw[1].sha256 if accounts else None,
            rates=store.files.raw / raw[-1].sha256 if rates else None, last=last, options=options, name=file.name,
            memory_mb=store.settings.import_memory_mb, seconds=store.settings.import_seconds, tables=True,
        )  # fmt: skip
        return store.datasets.publish(actor, workspace_id, Draft(folder, raw), name=name, dataset_id=there[0].dataset_id if there else None)
    finally:
        discard(folder)
