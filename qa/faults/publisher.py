"""The victim: opens a store and publishes.

``python -m qa.faults.publisher DRAFTS CONTROL``. Each line on standard input is a run: ``{"data": folder, "jobs": [{"number":
3, …}], …}``. A process of its own makes it, and says on standard output what it begins (``attempt``), what was published
(``ack``, right after ``publish`` returned) and what was refused. Everything it needs is imported before, so that a kill
meets the store and not the start of Python.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from nrr_core.errors import NrrError
from nrr_core.settings import Settings
from nrr_core.store import Draft, Held, Store, open_store, publish_file
from nrr_core.store.files import sha256_of
from qa.faults.careless import RowsFirst, weaken
from qa.faults.samples import FILE, figures
from qa.faults.shim import Control, Fault, Mode

__all__ = ["main"]


def say(**words: Any) -> None:
    """One line for whoever watches, in one write."""
    os.write(1, json.dumps(words).encode() + b"\n")


class Run:
    """One process's work on one store."""

    def __init__(self, order: dict[str, Any], drafts: Path, control: Control) -> None:
        self.order, self.drafts, self.control = order, drafts, control
        self.careless: str | None = order.get("careless")

    def make(self) -> None:
        """Open the store and do the jobs; a start that a fault prevented is tried again without."""
        store = self._guarded("start", self.order.get("fault"), self._open)
        if store is None:
            store = self._open()
        for job in self.order["jobs"]:
            say(attempt=job["number"], count=self.control.count)
            self._guarded(job["number"], job.get("fault"), lambda job=job: self._publish(store, job))
        if not self.order.get("abandon"):  # an end without a last word, like a kill right after the last job
            store.close()

    def _open(self) -> Store:
        """The store, or one with a protection taken away."""
        store = open_store(Settings(data=Path(self.order["data"])))
        if self.careless in {"normal", "off"}:
            weaken(store, self.careless)
        return store

    def _guarded(self, what: int | str, fault: list[int] | None, act: Any) -> Any:
        """Do something, with a fault armed where one is asked for; a refusal is told, and life goes on."""
        before = self.control.count
        if fault:
            self.control.arm(Fault(fault[0], fault[1], Mode(fault[2])))
        try:
            result = act()
        except Exception as error:  # noqa: BLE001 - what is refused, and how, is what is looked at
            said = isinstance(error, NrrError)
            say(refused=what, kind=type(error).__name__, message=str(error), said=said, hits=self.control.hits)
            return None
        finally:
            self.control.disarm()
        say(done=what, calls=self.control.count - before, hits=self.control.hits if fault else 0)
        return result

    def _publish(self, store: Store, job: dict[str, Any]) -> Held:
        before = set(store.files.cache.iterdir())
        held = self._from_file(store, job["number"]) if job.get("apart") else self._from_draft(store, job)
        cache = [path.name for path in set(store.files.cache.iterdir()) - before]  # what opening it will meet first
        raw = sha256_of(self.drafts / str(job["number"]) / FILE)
        told = {"dataset": held.dataset_id, "version": held.number, "content": held.sha256, "raw": raw, "cache": cache}
        say(ack=job["number"], **told, count=self.control.count)
        if job.get("open"):
            data = store.datasets.open(store.people.local, held)
            say(opened=job["number"], cache=[data.path.name], figures=figures(data), count=self.control.count)
        return held

    def _from_file(self, store: Store, number: int) -> Held:
        """Import in a process apart, on the same disk, and publish."""
        return publish_file(store, store.people.local, self.drafts / str(number) / FILE, name=_name(number))

    def _from_draft(self, store: Store, job: dict[str, Any]) -> Held:
        """Publish a draft that was made before, outside the disk, or ``copied`` to it."""
        actor, name = store.people.local, _name(job["number"])
        workspace = actor.memberships[0].workspace_id
        raw = store.datasets.keep_raw(actor, workspace, FILE, self.drafts / str(job["number"]) / FILE)
        folder = self.drafts / str(job["number"]) / "draft"
        if job.get("copied"):
            folder = shutil.copytree(folder, store.files.scratch(), dirs_exist_ok=True)
        late = RowsFirst(store.files.folder) if self.careless == "rows-first" else None
        if late is not None:
            store.datasets._files = late  # noqa: SLF001 - the control takes the protection away
        known = next((held.dataset_id for held in store.datasets.listed(actor, workspace) if held.name == name), None)
        held = store.datasets.publish(actor, workspace, Draft(folder, (raw,)), name=name, dataset_id=known)
        if late is not None:
            late.write()
        return held


def _name(number: int) -> str:
    """Three numbers share a dataset: the first one that comes makes it, the others are its next versions."""
    return f"Dataset {number // 3}"


def main(arguments: list[str]) -> None:
    """Make the runs that are asked for, one after the other, each in a process of its own."""
    drafts, control = Path(arguments[0]), Control(Path(arguments[1]))
    with tempfile.TemporaryDirectory() as elsewhere:  # once for whatever is imported when it is first used
        open_store(Settings(data=Path(elsewhere))).close()
    say(ready=True)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            say(process=os.getpid())
            Run(json.loads(line), drafts, control).make()
            os._exit(0)
        say(ended=os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
