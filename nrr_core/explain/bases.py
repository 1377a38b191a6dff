"""The accounts behind retentions, read for a bootstrap: one base for each window and segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.explain.resampling import EXACT, MOST
from nrr_core.explain.samples import Base, Shape, Sums
from nrr_core.families import TERMS, Courses, Months, Terms, averages, factors, reach, told_apart, windows_of
from nrr_core.ledgers import under
from nrr_core.measures import Chosen, Integers, choose
from nrr_core.periods import Window
from nrr_core.schema import ALL

__all__ = ["Bases", "bases_of", "largest"]

Bases = dict[tuple[int, str], Base]  # by month of close and segment
_TOTAL = -1  # as a segment


def bases_of(data: Dataset, asked: Sequence[Window], *, by: str | None, where: Mapping[str, Sequence[str]], card: Definition) -> Bases:
    """The base of every window and segment, the total of each window first."""
    bases: Bases = {}
    ledgers: dict[Dataset, _Ledger] = {}
    joint: dict[str, int] | None = {} if card.grain == "parent" and averages(card) else None
    for window in asked:
        parts = windows_of(card, window)
        found = [under(data, card, opening=part.open) for part in parts]
        ledgers = {one: ledgers.get(one) or _Ledger.of(one, by=by, where=where, joint=joint) for one in found}
        for one in ledgers.values():
            one.months.forget(before=window.open - reach(card, window))
        bases |= _of_window(window, [(ledgers[one], part) for one, part in zip(found, parts, strict=True)], card=card, by=by)
    return bases


@dataclass(frozen=True, eq=False)
class _Ledger:
    """One ledger of the card, its accounts by month, and the segments that were asked for."""

    months: Months
    chosen: Chosen

    @classmethod
    def of(cls, ledger: Dataset, *, by: str | None, where: Mapping[str, Sequence[str]], joint: dict[str, int] | None) -> "_Ledger":
        """``joint`` gives accounts one number in all ledgers, by their ids: those of parents are numbered in each by itself."""
        chosen = choose(ledger, by=(by,) if by else (), where=where)
        return cls(Months(ledger, chosen, numbers=None if joint is None else _numbers(ledger, joint)), chosen)


def _numbers(ledger: Dataset, joint: dict[str, int]) -> Integers:
    table = ledger.engine.export("accounts")
    account, ids = table["account"].to_numpy(), table["account_id"].to_pylist()
    numbers = np.zeros(int(account.max(initial=-1)) + 1, dtype=np.int64)
    numbers[account] = [joint.setdefault(one, len(joint)) for one in ids]
    return numbers


Factor = tuple[Months, Window]


def _of_window(window: Window, parts: Sequence[tuple[_Ledger, Window]], *, card: Definition, by: str | None) -> Bases:
    """The bases of one window: those of the windows that it is the mean of, or its own, in their ledgers."""
    products: list[list[Factor]] = [[(ledger.months, factor) for factor in factors(card, part)] for ledger, part in parts]
    distinct = list(dict.fromkeys(factor for product in products for factor in product))
    place = {factor: i for i, factor in enumerate(distinct)}
    places = np.array([[place[factor] for factor in product] for product in products], dtype=np.intp)
    shape = Shape(places, mean=averages(card), weighted=averages(card) and card.average == "weighted")
    bases = {(window.close, ALL): _base(card, distinct, shape, _members(card, distinct, each=False).get(_TOTAL, _NOBODY), _TOTAL)}
    if by is not None:
        members = _members(card, distinct, each=True)
        for segment, (label,) in enumerate(parts[0][0].chosen.labels):
            bases[window.close, label] = _base(card, distinct, shape, members.get(segment, _NOBODY), segment)
    return bases


_NOBODY = np.zeros(0, dtype=np.int64)


def _members(card: Definition, distinct: Sequence[Factor], *, each: bool) -> dict[int, Integers]:
    """The accounts that a segment has in any of the months that matter."""
    read: dict[Months, tuple[set[int], set[int]]] = {}
    for months, factor in distinct:
        for kept, wanted in zip(read.setdefault(months, (set(), set())), told_apart(card, factor), strict=True):
            kept.update(wanted)
    found: dict[int, Integers] = {}
    for months, (own, settled) in read.items():
        for segment, accounts in months.members(sorted(own), settled=sorted(settled), each=each).items():
            found[segment] = np.union1d(found[segment], accounts) if segment in found else accounts
    return found


def _base(card: Definition, distinct: Sequence[Factor], shape: Shape, accounts: Integers, segment: int) -> Base:
    """A base from the terms of each factor, in the order of the accounts' numbers."""
    terms = [TERMS[card.family](Courses(months, accounts, segment), card, factor) for months, factor in distinct]
    opening, closing, kept = (_stacked(terms, name) for name in ("opening", "closing", "kept"))
    counted = np.flatnonzero(((opening != 0) | (closing != 0) | (kept != 0)).any(axis=0))
    if len(counted) < len(accounts):
        opening, closing, kept = (rows[:, counted] for rows in (opening, closing, kept))
    order = largest(np.maximum(opening, closing).max(axis=0))
    opens, stays = (_stacked(terms, name) for name in ("opens", "stays"))
    many = opens.sum(axis=1)
    logos = (
        Sums.of_counts(int(many[0]), int(stays.sum()))
        if len(terms) == 1
        else Sums.of(opens[:, counted].astype(np.int64), stays[:, counted].astype(np.int64), order)
    )
    sums = {"nrr": Sums.of(opening, closing, order), "grr": Sums.of(opening, kept, order), "logo_retention": logos}
    return Base(int(many[shape.places[0, 0]]), int(many[many > 0].min(initial=int(many.max()))), shape, sums)


def _stacked(terms: Sequence[Terms], name: str) -> Any:
    return np.stack([getattr(one, name) for one in terms])


def largest(weight: Integers) -> Integers:
    """Places of the accounts that are drawn one by one, in the order of their weight; of equal ones the first comes first."""
    if len(weight) <= EXACT:
        return np.argsort(-weight, kind="stable")
    least = -np.partition(-weight, MOST - 1)[MOST - 1]
    heavy = np.flatnonzero(weight > least)
    level = np.flatnonzero(weight == least)[: MOST - len(heavy)]
    some = np.sort(np.concatenate([heavy, level]))
    return some[np.argsort(-weight[some], kind="stable")]
