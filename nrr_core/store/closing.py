"""Closed periods: months whose figures were reported, so that a later version that changes them is noticed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from nrr_core.errors import SelectionError, StoreError
from nrr_core.periods import current_month, month_text, parse_month
from nrr_core.store.access import Actor, require
from nrr_core.store.catalogue import now
from nrr_core.store.datasets import Datasets
from nrr_core.store.documents import Document, Documents
from nrr_core.store.versions import Held

__all__ = ["Closed", "ClosedPeriods", "Closing"]

_KIND: Final = "closed_periods"


@dataclass(frozen=True, slots=True)
class Closing:
    """One act: all months up to ``through`` were closed with the version that was the newest then."""

    through: str
    version: int
    by: str
    at: str

    @property
    def day(self) -> str:
        """The day of the act (UTC), ``YYYY-MM-DD``."""
        return self.at[:10]


@dataclass(frozen=True, slots=True)
class Closed:
    """Which months of a dataset are closed: the acts that hold, by month. ``document`` is what they are kept in."""

    closings: tuple[Closing, ...] = ()
    document: Document | None = None

    @property
    def through(self) -> str | None:
        """The last closed month, or None."""
        return self.closings[-1].through if self.closings else None

    @property
    def days(self) -> tuple[tuple[str, str], ...]:
        """Up to which month was closed on which day."""
        return tuple((one.through, one.day) for one in self.closings)


class ClosedPeriods:
    """Closing and reopening months of a stored dataset. Both are acts of an editor, kept as a document with its history."""

    def __init__(self, documents: Documents, datasets: Datasets) -> None:
        self._documents = documents
        self._datasets = datasets

    def of(self, actor: Actor, dataset_id: str, *, linked: bool = False) -> Closed:
        """What is closed now; nothing for somebody who came to a snapshot through a link."""
        held = self._datasets.get(actor, dataset_id, linked=linked)
        if held.snapshot:
            return Closed()
        return self._kept(actor, held)

    def close(self, actor: Actor, dataset_id: str, through: str) -> Closed:
        """Close all months up to one.

        Raises
        ------
        StoreError
            The month is not over, not in the newest version, or closed already; nothing has changed.
        ConflictError
            Somebody else closed or reopened in between.

        """
        held, closed = self._mine(actor, dataset_id)
        month = _month(through)
        if closed.through is not None and month <= parse_month(closed.through):
            raise StoreError(f"{through} is closed already: everything up to {closed.through} is.")
        if not held.first_month <= through <= held.last_month:
            raise StoreError(f"{through} is not in version {held.number}, which covers {held.first_month} to {held.last_month}.")
        if month >= current_month():
            raise StoreError(f"{through} is not over yet. The last month that can be closed is {month_text(current_month() - 1)}.")
        made = Closing(through, held.number, actor.email or actor.name, now().strftime("%Y-%m-%d %H:%M:%S"))
        return self._keep(actor, held, closed, (*closed.closings, made), name=f"Closed through {through}")

    def reopen(self, actor: Actor, dataset_id: str, first: str) -> Closed:
        """Open a closed month and all closed months after it again.

        Raises
        ------
        StoreError
            That month is not closed.
        ConflictError
            Somebody else closed or reopened in between.

        """
        held, closed = self._mine(actor, dataset_id)
        last = _month(first) - 1
        if closed.through is None or last >= parse_month(closed.through):
            raise StoreError(f"{first} is not closed." + (f" Everything up to {closed.through} is." if closed.through else ""))
        kept = tuple(one for one in closed.closings if parse_month(one.through) <= last)
        cut = next((one for one in closed.closings if parse_month(one.through) > last), None)
        if cut is not None and month_text(last) >= held.first_month:  # the months before it stay as they were closed
            shorter = Closing(month_text(last), cut.version, cut.by, cut.at)
            kept = kept if kept and kept[-1].through == shorter.through else (*kept, shorter)
        name = f"Reopened from {first}" + (f", closed through {kept[-1].through}" if kept else ", nothing is closed")
        return self._keep(actor, held, closed, kept, name=name)

    def _mine(self, actor: Actor, dataset_id: str) -> tuple[Held, Closed]:
        """The dataset and what is closed of it, for somebody who may change that."""
        held = self._datasets.get(actor, dataset_id)
        require(actor, held.workspace_id, "save")
        if held.snapshot:
            raise StoreError("A snapshot never changes, so there is nothing to close.")
        return held, self._kept(actor, held)

    def _kept(self, actor: Actor, held: Held) -> Closed:
        found = self._documents.listed(actor, held.workspace_id, _KIND, dataset_id=held.dataset_id)
        return Closed(_closings(found[0].body), found[0]) if found else Closed()

    def _keep(self, actor: Actor, held: Held, before: Closed, closings: tuple[Closing, ...], *, name: str) -> Closed:
        body = {"closings": [{"through": c.through, "version": c.version, "by": c.by, "at": c.at} for c in closings]}
        if before.document is None:
            made = self._documents.create(actor, held.workspace_id, _KIND, name, body, dataset_id=held.dataset_id, alone=True)
        else:
            made = self._documents.save(actor, before.document.id, body, version=before.document.version, name=name)
        return Closed(closings, made)


def _month(text: str) -> int:
    try:
        return parse_month(text)
    except SelectionError as error:
        raise StoreError(str(error)) from error


def _closings(body: Mapping[str, Any]) -> tuple[Closing, ...]:
    made = [Closing(str(c["through"]), int(c["version"]), str(c["by"]), str(c["at"])) for c in body.get("closings", ())]
    return tuple(sorted(made, key=lambda one: one.through))
