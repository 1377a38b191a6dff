"""The accounts of a book one by one, for simulations and for finding whom to save."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nrr_core.scenarios.book import Book
from nrr_core.schema import UNIT

__all__ = ["Roster", "members", "roster"]

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Roster:
    """Accounts that pay at the start: number, group, MRR in currency units, and the sums that each belongs to.

    ``paid`` has one column an opening: whether the account counts there. ``member`` has these columns and, where the card asks for
    more, as many for the accounts of each opening joined by those that did not pay there (``Standing.others``, ``Standing.back``),
    and one for today's accounts of the selection. Its last column is always today's.
    """

    account: npt.NDArray[np.int64]
    group: npt.NDArray[np.int64]
    mrr: npt.NDArray[np.float64]
    paid: Mask
    member: Mask

    def largest(self, count: int) -> Mask:
        """A mask of the accounts that pay most, the first among equals."""
        chosen = np.zeros(len(self.mrr), dtype=bool)
        chosen[np.argsort(-self.mrr, kind="stable")[:count]] = True
        return chosen

    def taken(self, chosen: Mask) -> "Roster":
        """Some of the accounts."""
        return Roster(self.account[chosen], self.group[chosen], self.mrr[chosen], self.paid[chosen], self.member[chosen])


def roster(book: Book, *, without: Sequence[str] = ()) -> Roster:
    """Everybody who pays at the start and is in one of the book's sums, but for some accounts."""
    rows = book.data.engine.query("roster", parameters={"start": book.start, "since": book.since})
    inside = book.segment_of >= 0
    home = inside[rows["now_profile"]]
    counts = home if book.card.segment_as_of == "close" else inside[rows["profile"]]
    keep = home | counts
    if without:
        keep &= ~np.isin(rows["account"], [*book.data.engine.account_numbers(without).values()])
    found = {name: np.asarray(values)[keep] for name, values in rows.items()}
    counts = counts[keep] & (found["opening"] >= book.card.min_opening_mrr)
    account, first, place = np.unique(found["account"], return_index=True, return_inverse=True)
    months = np.arange(book.since, book.start + 1)
    covers = (found["f"][:, None] <= months) & (months < found["t"][:, None])

    def within(runs: Mask) -> Mask:
        """The openings that some runs of each account cover."""
        found = np.zeros((len(account), len(months)), dtype=bool)
        np.logical_or.at(found, place.reshape(-1)[runs], covers[runs])
        return found

    paid = within(counts)
    paying = paid if counts.all() else within(np.ones(len(counts), dtype=bool))
    return Roster(
        account=account.astype(np.int64),
        group=book.group_of[found["now_profile"][first]],
        mrr=found["closing"][first].astype(np.float64) / UNIT,
        paid=paid,
        member=members(book, paid, paying=paying, home=home[keep][first], known=found["first_paid"][first][:, None] <= months),
    )


def members(book: Book, paid: Mask, *, paying: Mask, home: Mask, known: Mask) -> Mask:
    """``Roster.member`` of accounts (rows): whether they count and pay at each opening, are today's, and had paid by then."""
    held = book.standing
    if held.others is None and held.back is None and not book.card.min_opening_mrr:
        return paid
    others = ~paying & home[:, None]
    joined = [] if held.others is None and held.back is None else [paid | (others if held.back is None else others & known)]
    return np.concatenate([paid, *joined, home[:, None]], axis=1)
