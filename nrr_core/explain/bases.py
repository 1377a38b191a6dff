"""The accounts behind retentions, read for a bootstrap: one base for each window and segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.engine import Integers
from nrr_core.explain.crowd import Column, Crowd
from nrr_core.explain.samples import Base, Shape
from nrr_core.families import TERMS, Courses, Months, averages, factors, reach, told_apart, windows_of
from nrr_core.ledgers import under
from nrr_core.measures.chosen import Chosen, choose
from nrr_core.periods import Window
from nrr_core.schema import ALL

__all__ = ["Bases", "bases_of"]

Bases = dict[tuple[int, str], Base]  # by month of close and segment
Factor = tuple[Months, Window]


def bases_of(data: Dataset, asked: Sequence[Window], *, by: str | None, where: Mapping[str, Sequence[str]], card: Definition) -> Bases:
    """The base of every window and segment, the total of each window first."""
    bases: Bases = {}
    ledgers: dict[Dataset, _Ledger] = {}
    total = _Total(card)
    for window in asked:
        parts = windows_of(card, window)
        found = [under(data, card, opening=part.open) for part in parts]
        ledgers = {one: ledgers.get(one) or _Ledger.of(one, by=by, where=where) for one in found}
        for one in ledgers.values():
            one.months.forget(before=window.open - reach(card, window))
        products = [[(ledgers[one].months, factor) for factor in factors(card, part)] for one, part in zip(found, parts, strict=True)]
        distinct = list(dict.fromkeys(factor for product in products for factor in product))
        place = {factor: i for i, factor in enumerate(distinct)}
        places = np.array([[place[factor] for factor in product] for product in products], dtype=np.intp)
        shape = Shape(places, mean=averages(card), weighted=averages(card) and card.average == "weighted")
        bases[window.close, ALL] = total.base(distinct, shape, alone=len(ledgers) > 1)
        if by is not None:
            members = _members(card, distinct)
            for segment, (label,) in enumerate(ledgers[found[0]].chosen.labels):
                bases[window.close, label] = _of_segment(card, distinct, shape, members.get(segment, _NOBODY), segment)
    return bases


@dataclass(frozen=True, eq=False)
class _Ledger:
    """One ledger of the card, its accounts by month, and the segments that were asked for."""

    months: Months
    chosen: Chosen

    @classmethod
    def of(cls, ledger: Dataset, *, by: str | None, where: Mapping[str, Sequence[str]]) -> "_Ledger":
        """Ledgers that differ in rates alone have the same numbers for their accounts."""
        chosen = choose(ledger, by=(by,) if by else (), where=where)
        return cls(Months(ledger, chosen), chosen)


_NOBODY = np.zeros(0, dtype=np.int64)


class _Total:
    """All accounts that are chosen; what neighbouring windows share is read once."""

    def __init__(self, card: Definition) -> None:
        self._card, self._crowd = card, Crowd()
        self._columns: dict[Factor, Column] = {}

    def base(self, distinct: Sequence[Factor], shape: Shape, *, alone: bool) -> Base:
        """The base of some factors; ``alone``: of several ledgers, which may know accounts that the others don't."""
        if alone:
            accounts = np.arange(max(months.size for months, _ in distinct))
            return _of_segment(self._card, distinct, shape, accounts, _ALL)
        self._columns = {factor: self._columns.get(factor) or _column(self._card, factor, None, _ALL) for factor in distinct}
        return self._crowd.base([*self._columns.values()], shape)


_ALL = -1  # as a segment


def _column(card: Definition, factor: Factor, accounts: Integers | None, segment: int) -> Column:
    months, window = factor
    return Column.of(TERMS[card.family](Courses(months, accounts, segment), card, window))


def _of_segment(card: Definition, distinct: Sequence[Factor], shape: Shape, accounts: Integers, segment: int) -> Base:
    return Crowd().base([_column(card, factor, accounts, segment) for factor in distinct], shape)


def _members(card: Definition, distinct: Sequence[Factor]) -> dict[int, Integers]:
    """The accounts that a segment has in any of the months that matter."""
    read: dict[Months, tuple[set[int], set[int]]] = {}
    for months, factor in distinct:
        for kept, wanted in zip(read.setdefault(months, (set(), set())), told_apart(card, factor), strict=True):
            kept.update(wanted)
    found: dict[int, Integers] = {}
    for months, (own, settled) in read.items():
        for segment, accounts in months.members(sorted(own), settled=sorted(settled)).items():
            found[segment] = np.union1d(found[segment], accounts) if segment in found else accounts
    return found
