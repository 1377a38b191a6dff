"""Shares: how much of one NRR each account makes, exactly, whatever the card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm, prod

import numpy as np
import numpy.typing as npt

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.engine import Integers
from nrr_core.families import PARTS, Part, averages
from nrr_core.ledgers import under
from nrr_core.periods import Window

__all__ = ["Shares", "shares"]

Objects = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Shares:
    """One NRR account by account.

    Attributes
    ----------
    value
        NRR as an exact fraction; None where it is undefined.
    ids
        The accounts that have a share.
    gains
        Each account's share of NRR − 1, as an integer over ``whole``: they add up to NRR − 1 exactly.
    whole
        The common denominator.
    over, under
        Where NRR is one ratio: each account's part above and below the line, as integers; else None.

    """

    value: Fraction | None
    ids: list[str]
    gains: Objects
    whole: int
    over: Integers | None
    under: Integers | None


def shares(data: Dataset, card: Definition, window: Window, *, where: Mapping[str, Sequence[str]] | None = None) -> Shares:
    """NRR of one window under a card, account by account.

    Raises
    ------
    DefinitionError
        The card's family is no NRR (the renewal base), or the dataset lacks what the card needs.

    """
    card.require_nrr()
    kept = dict(where or {})
    ends = [Window(window.open - back, window.close - back) for back in range(card.average_months)] if averages(card) else [window]
    found = [_one(data, card, one, kept) for one in ends]
    weights = _means(card, found)
    if weights is None or any(one.value is None for one, weight in zip(found, weights, strict=True) if weight):
        return Shares(None, [], np.array([], dtype=object), 1, None, None)
    weighed: list[_Weighed] = []
    value = Fraction(0)
    for one, mean in zip(found, weights, strict=True):
        if mean and one.value is not None:
            value += mean * one.value
            weighed += [_Weighed(one.ledger, part, mean * weight) for part, weight in zip(one.parts, one.weights(), strict=True)]
    return _gathered(value, weighed)


@dataclass(frozen=True)
class _Weighed:
    """A part, the ledger its accounts are numbers of, and what a unit of it adds to NRR."""

    ledger: Dataset
    part: Part
    weight: Fraction


@dataclass(frozen=True)
class _Window:
    """One window's ratio."""

    ledger: Dataset
    parts: list[Part]

    @property
    def value(self) -> Fraction | None:
        """The product of the parts' ratios; None where one of them is over nothing."""
        totals = [part.totals for part in self.parts]
        return prod((Fraction(*pair) for pair in totals), start=Fraction(1)) if all(below for _, below in totals) else None

    def weights(self) -> list[Fraction]:
        """What a unit of each part's ``over − under`` adds to the product of the ratios, one after the other."""
        found, product = [], Fraction(1)
        for over, below in (part.totals for part in self.parts):
            found.append(product / below)
            product *= Fraction(over, below)
        return found


def _one(data: Dataset, card: Definition, window: Window, where: Mapping[str, Sequence[str]]) -> _Window:
    ledger = under(data, card, opening=window.open)
    return _Window(ledger, PARTS[card.family](ledger, card, window, ledger.mask(where)))


def _means(card: Definition, found: Sequence[_Window]) -> list[Fraction] | None:
    """The weight of each window in the mean; they add up to 1, or are None where all openings are 0."""
    if card.average != "weighted":
        return [Fraction(1, len(found))] * len(found)
    opened = [one.parts[0].totals[1] for one in found]
    return [Fraction(opening, sum(opened)) for opening in opened] if sum(opened) else None


def _gathered(value: Fraction, weighed: Sequence[_Weighed]) -> Shares:
    """All parts added up by account over one denominator."""
    whole = lcm(*(one.weight.denominator for one in weighed))
    ids, rows = _placed(weighed)
    gains = np.full(len(ids), 0, dtype=object)
    for at, one in zip(rows, weighed, strict=True):
        gain = one.part.over - one.part.under
        moved = np.flatnonzero(gain)
        gains[at[moved]] += gain[moved].astype(object) * (one.weight * whole).numerator
    if len({one.weight for one in weighed}) > 1 or any(one.part.base is not None for one in weighed):
        return Shares(value, ids, gains, whole, None, None)
    over, below = (np.zeros(len(ids), dtype=np.int64) for _ in range(2))
    for at, one in zip(rows, weighed, strict=True):
        over[at] += one.part.over
        below[at] += one.part.under
    return Shares(value, ids, gains, whole, over, below)


def _placed(weighed: Sequence[_Weighed]) -> tuple[list[str], list[Integers]]:
    """The accounts of all parts by id, each once, and the place of each part's accounts among them."""
    place: dict[str, int] = {}
    at: dict[int, tuple[Integers, Integers]] = {}
    for ledger in {id(one.ledger): one.ledger for one in weighed}.values():
        own = [one.part.accounts for one in weighed if one.ledger is ledger and len(one.part.accounts)]
        present = np.zeros(max((int(accounts.max()) for accounts in own), default=-1) + 1, dtype=bool)
        for accounts in own:
            present[accounts] = True
        numbers = np.flatnonzero(present)
        known = [place.setdefault(text, len(place)) for text in ledger.engine.account_ids(numbers)]
        at[id(ledger)] = numbers, np.array(known, dtype=np.int64)
    rows = []
    for one in weighed:
        numbers, places = at[id(one.ledger)]
        rows.append(places[np.searchsorted(numbers, one.part.accounts)])
    return list(place), rows
