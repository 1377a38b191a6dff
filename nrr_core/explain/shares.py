"""Shares: how much of one NRR each account makes, exactly, whatever the card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm

import numpy as np
import numpy.typing as npt

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.errors import DefinitionError
from nrr_core.families import PARTS, Part, Quotient, answer, averages
from nrr_core.ledgers import under
from nrr_core.measures import Integers
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
    if card.family not in PARTS:
        raise DefinitionError("A renewal rate is not an NRR: it has no bridge to one. Choose another family.")
    where = dict(where or {})
    ends = [Window(window.open - back, window.close - back) for back in range(card.average_months)] if averages(card) else [window]
    found = [_one(data, card, one, where) for one in ends]
    value = answer(data, card, [window], where=where)[0].ratios["nrr"].exact(0, 0)
    if value is None:
        return Shares(None, [], np.array([], dtype=object), 1, None, None)
    weights = _means(card, found)
    named: list[tuple[list[str], Part, Fraction]] = []
    for one, mean in zip(found, weights, strict=True):
        if mean:
            named += [(ids, part, mean * weight) for ids, part, weight in zip(one.ids, one.parts, one.weights(), strict=True)]
    return _gathered(value, named)


@dataclass(frozen=True)
class _Window:
    """One window's ratio: its parts with their accounts, and the exact totals of each part."""

    ids: list[list[str]]
    parts: list[Part]
    over: list[int]
    under: list[int]

    def weights(self) -> list[Fraction]:
        """What a unit of each part's ``over − under`` adds to the product of the ratios, one after the other."""
        found, product = [], Fraction(1)
        for over, below in zip(self.over, self.under, strict=True):
            found.append(product / below)
            product *= Fraction(over, below)
        return found


def _one(data: Dataset, card: Definition, window: Window, where: Mapping[str, Sequence[str]]) -> _Window:
    ledger = under(data, card, opening=window.open)
    parts = PARTS[card.family](ledger, card, window, ledger.mask(where))
    family = "point_to_point" if card.family == "averaged" else card.family
    single = replace(card, family=family, average="none")
    ratio = answer(data, single, [window], where=where)[0].ratios["nrr"]
    if not isinstance(ratio, Quotient):
        raise TypeError(type(ratio))
    return _Window(
        [ledger.engine.account_ids(part.accounts) for part in parts], parts, ratio.over[:, 0, 0].tolist(), ratio.under[:, 0, 0].tolist()
    )


def _means(card: Definition, found: Sequence[_Window]) -> list[Fraction]:
    """The weight of each window in the mean; they add up to 1."""
    if card.average != "weighted":
        return [Fraction(1, len(found))] * len(found)
    opened = [one.under[0] for one in found]
    return [Fraction(opening, sum(opened)) for opening in opened]


def _gathered(value: Fraction, named: Sequence[tuple[list[str], Part, Fraction]]) -> Shares:
    """All parts added up by account over one denominator."""
    whole = lcm(*(weight.denominator for _, _, weight in named)) if named else 1
    place: dict[str, int] = {}
    rows = [np.array([place.setdefault(one, len(place)) for one in ids], dtype=np.int64) for ids, _, _ in named]
    gains = np.full(len(place), 0, dtype=object)
    for at, (_, part, weight) in zip(rows, named, strict=True):
        gains[at] += (part.over - part.under).astype(object) * (weight * whole).numerator
    one_ratio = len({weight for _, _, weight in named}) == 1 and all(part.complete for _, part, _ in named)
    if not one_ratio:
        return Shares(value, list(place), gains, whole, None, None)
    over, below = (np.zeros(len(place), dtype=np.int64) for _ in range(2))
    for at, (_, part, _) in zip(rows, named, strict=True):
        over[at] += part.over
        below[at] += part.under
    return Shares(value, list(place), gains, whole, over, below)
