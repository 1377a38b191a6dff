"""Price, seats and product: what expansion and contraction are made of, account by account and exactly.

An account that pays s for q seats at the open and e for r seats at the close changed by e − s:

    seats = (r − q) · s/q          more or fewer seats at the opening price of a seat
    price = (e/r − s/q) · r        the rest: the change of the price of a seat, on the closing seats

This is the usual price-volume split of a variance: volume at the old price, price at the new volume
(https://nanne.net/value/price-volume). Where the product, the plan or the add-ons of an account changed, a seat is not the
same thing at both ends, and what the price would be goes to that change. Without seats at both ends all of it does; with
no such change either, it is not split. Each part is a whole ten-thousandth, and the rest is taken from e − s, so the parts
of an account add up to its change and those of any group to the group's.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np

from nrr_core.dataset import Axis
from nrr_core.engine import Integers
from nrr_core.explain.base import Base
from nrr_core.roles import role

__all__ = ["NOT_SPLIT", "TYPES", "parts_of"]

NOT_SPLIT: Final = "not_split"
TYPES: Final = ("seats", "usage", "price", "product", "plan", "add_on", NOT_SPLIT)
_OF_PRODUCT: Final = ("product", "plan", "add_on")  # the first that changed takes what is not volume
_NUMBER: Final = re.compile(r"\d{1,9}(\.\d{1,4})?")
_SCALE: Final = 10_000  # a quantity has at most four decimals


def parts_of(base: Base) -> dict[str, Integers]:
    """The change of each retained account by type, in ten-thousandths; zero for accounts that left."""
    retained = base.closing > 0
    change = np.where(retained, base.change, 0)
    volume, name = _volume(base, retained)
    parts: dict[str, Integers] = {}
    left = change
    if volume is not None:
        parts[name] = np.where(volume.known, _at_opening_price(base.opening, volume), 0)
        left = left - parts[name]
    for kind in _OF_PRODUCT:
        found = role(base.data, kind)
        if found is not None:
            axis = base.data.axis(found)
            parts[kind] = np.where(retained & (axis.codes[base.opened] != axis.codes[base.shut]), left, 0)
            left = left - parts[kind]
    if volume is not None:
        parts["price"] = np.where(volume.known, left, 0)
        left = left - parts["price"]
    parts[NOT_SPLIT] = left
    return {kind: parts[kind] for kind in TYPES if kind in parts}


@dataclass(frozen=True, eq=False)
class _Volume:
    """Quantities at both ends in ten-thousandths, and whether both are known."""

    first: Integers
    second: Integers
    known: Any


def _volume(base: Base, retained: Any) -> tuple[_Volume | None, str]:
    """The quantity paid for: seats, else units used."""
    for kind in ("seats", "usage"):
        found = role(base.data, kind)
        if found is not None:
            numbers = _numbers(base.data.axis(found))
            first, second = numbers[base.opened], np.where(retained, numbers[base.shut], 0)
            return _Volume(first, second, (first > 0) & (second > 0)), kind
    return None, ""


def _numbers(axis: Axis) -> Integers:
    """The quantity of each profile in ten-thousandths; 0 where its segment is no positive number."""
    known = [int(Decimal(text) * _SCALE) if _NUMBER.fullmatch(text) else 0 for text in axis.segments]
    return np.array(known, dtype=np.int64)[axis.codes] if known else np.zeros(len(axis.codes), dtype=np.int64)


def _at_opening_price(opening: Integers, volume: _Volume) -> Integers:
    """(r − q) · s/q, rounded to a ten-thousandth, halves away from zero. Python's own integers, where 64 bits could overflow."""
    q = np.where(volume.known, volume.first, 1)
    delta = np.where(volume.known, volume.second, 1) - q
    shared = np.gcd(q, delta)
    q, delta = q // np.maximum(shared, 1), delta // np.maximum(shared, 1)
    fits = int(np.abs(delta).max(initial=0)) * int(opening.max(initial=0)) < 1 << 62
    product = np.abs(delta) * opening if fits else np.abs(delta).astype(object) * opening.astype(object)
    rounded = (2 * product + q) // (2 * q) if not fits else product // q + (2 * (product % q) >= q)
    effect: Integers = np.sign(delta) * rounded.astype(np.int64)
    return effect
