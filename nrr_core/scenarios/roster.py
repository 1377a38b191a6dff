"""The accounts of a book one by one, for simulations and for finding whom to save."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nrr_core.scenarios.book import Book
from nrr_core.schema import UNIT

__all__ = ["Roster", "roster"]


@dataclass(frozen=True, eq=False)
class Roster:
    """Accounts that pay at the start: number, group, MRR in currency units, and which openings (columns) they paid at."""

    account: npt.NDArray[np.int64]
    group: npt.NDArray[np.int64]
    mrr: npt.NDArray[np.float64]
    paid: npt.NDArray[np.bool_]

    def largest(self, count: int) -> npt.NDArray[np.bool_]:
        """A mask of the accounts that pay most, the first among equals."""
        chosen = np.zeros(len(self.mrr), dtype=bool)
        chosen[np.argsort(-self.mrr, kind="stable")[:count]] = True
        return chosen

    def taken(self, chosen: npt.NDArray[np.bool_]) -> "Roster":
        """Some of the accounts."""
        return Roster(self.account[chosen], self.group[chosen], self.mrr[chosen], self.paid[chosen])


def roster(book: Book, *, without: Sequence[str] = ()) -> Roster:
    """Everybody who pays at the start and was in one of the book's windows, but for some accounts."""
    inside = np.flatnonzero(book.segment_of >= 0)
    inputs = {"chosen": {"profile": inside.astype(np.int32), "segment": book.segment_of[inside].astype(np.int32)}}
    rows = book.data.engine.query("roster", parameters={"start": book.start, "since": book.since}, inputs=inputs)
    left_out = [*book.data.engine.account_numbers(without).values()] if without else []
    keep = ~np.isin(rows["account"], left_out)
    account, first, place = np.unique(rows["account"][keep], return_index=True, return_inverse=True)
    months = np.arange(book.since, book.start + 1)
    covers = (rows["f"][keep][:, None] <= months) & (months < rows["t"][keep][:, None])
    paid = np.zeros((len(account), len(months)), dtype=bool)
    np.logical_or.at(paid, place.reshape(-1), covers)
    return Roster(
        account=account.astype(np.int64),
        group=book.group_of[rows["profile"][keep][first]],
        mrr=rows["closing"][keep][first].astype(np.float64) / UNIT,
        paid=paid,
    )
