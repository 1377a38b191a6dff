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
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pandas as pd

from nrr_core.dataset import Axis, Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.explain.base import Base, Integers, opening_accounts, window_of
from nrr_core.explore import Filter
from nrr_core.frames import to_frame
from nrr_core.ledger import attributes_of
from nrr_core.metrics import ratio
from nrr_core.periods import month_text
from nrr_core.roles import role
from nrr_core.schema import money
from nrr_core.selection import frozen_where
from nrr_core.stamp import stamp

__all__ = ["NOT_SPLIT", "TYPES", "Split", "parts_of", "price_split", "split_accounts"]

NOT_SPLIT: Final = "not_split"
TYPES: Final = ("seats", "usage", "price", "product", "plan", "add_on", NOT_SPLIT)
_OF_PRODUCT: Final = ("product", "plan", "add_on")  # the first that changed takes what is not volume
_NUMBER: Final = re.compile(r"\d{1,9}(\.\d{1,4})?")
_SCALE: Final = 10_000  # a quantity has at most four decimals


@dataclass(frozen=True, eq=False)
class Split:
    """What the retained accounts' change is made of.

    Attributes
    ----------
    parts
        One row per type that the data allows: type, expansion_mrr and contraction_mrr (positive) of the accounts that grew
        and shrank, net_mrr of all retained ones (parts may cancel out), accounts with such a part, share_of_expansion,
        share_of_contraction. Within a direction a part may be negative: an account that grew by more seats at a lower price.
    nrr, nrr_without_price
        Exact; the second with the price part of retained accounts taken out of the closing. None without an opening.
    not_split
        Share of expansion and contraction, added up by size, that the columns can't split; None where nothing moved.
    seats
        The column that counts what is paid for, or None.
    opening_mrr, churn_mrr
        Of the opening accounts: opening + net of all parts − churn = closing.

    """

    parts: pd.DataFrame = field(repr=False)
    nrr: Fraction | None
    nrr_without_price: Fraction | None
    not_split: float | None
    seats: str | None
    opening_mrr: Decimal
    churn_mrr: Decimal


def price_split(
    data: Dataset,
    *,
    window: int | str | None = None,
    close: str | None = None,
    where: Filter = None,
    card: Definition = STANDARD,
    fiscal_start: int = 1,
) -> Split:
    """Expansion and contraction of one window split into seats, price, product, plan and add-ons.

    Parameters
    ----------
    data, window, where, card, fiscal_start
        As in ``retention``.
    close
        ``YYYY-MM``; default: the last month of the data.

    Returns
    -------
    Split
        The columns are recognised by name (``nrr_core.roles``). Of an account with several lines in a month, seats and plan
        are those of the largest; one line per subscription needs the card's grain ``subscription``.

    """
    asked = window_of(data, window=window, close=close, card=card, fiscal_start=fiscal_start)
    base = opening_accounts(data, asked, where=dict(frozen_where(where)), card=card)
    parts = parts_of(base)
    grew, shrank = base.gained > 0, base.shrunk > 0
    opening, price = int(base.opening.sum()), int(parts["price"].sum()) if "price" in parts else 0
    columns = _columns(parts, grew, shrank)
    text = f"price, seats and product, window {card.over(window).window_months}, close {month_text(asked.close)}"
    made = stamp(data, card=card, where=frozen_where(where), question=text).as_dict()
    moved, unsplit = int((base.gained + base.shrunk).sum()), int(np.abs(parts[NOT_SPLIT][grew | shrank]).sum())
    return Split(
        parts=to_frame(columns, order=[*columns], stamp=made),
        nrr=Fraction(int(base.closing.sum()), opening) if opening else None,
        nrr_without_price=Fraction(int(base.closing.sum()) - price, opening) if opening else None,
        not_split=unsplit / moved if moved else None,
        seats=role(base.data, "seats") or role(base.data, "usage"),
        opening_mrr=money(opening),
        churn_mrr=money(int(base.left.sum())),
    )


def _columns(parts: dict[str, Integers], grew: Any, shrank: Any) -> dict[str, Any]:
    names = list(parts)
    expansion = np.array([parts[name][grew].sum() for name in names], dtype=np.int64)
    contraction = np.array([-parts[name][shrank].sum() for name in names], dtype=np.int64)
    return {
        "type": names,
        "expansion_mrr": expansion,
        "contraction_mrr": contraction,
        "net_mrr": np.array([parts[name].sum() for name in names], dtype=np.int64),
        "accounts": np.array([np.count_nonzero(parts[name]) for name in names], dtype=np.int64),
        "share_of_expansion": ratio(expansion, np.full(len(names), expansion.sum())),
        "share_of_contraction": ratio(contraction, np.full(len(names), contraction.sum())),
    }


def split_accounts(
    data: Dataset,
    *,
    window: int | str | None = None,
    close: str | None = None,
    where: Filter = None,
    limit: int | None = None,
    card: Definition = STANDARD,
    fiscal_start: int = 1,
) -> pd.DataFrame:
    """The retained accounts whose MRR changed, with the parts of their change, the largest change first.

    Returns
    -------
    pandas.DataFrame
        account_id, opening_mrr, closing_mrr, change_mrr, one column ``…_mrr`` per type, then the attributes at the open.

    """
    asked = window_of(data, window=window, close=close, card=card, fiscal_start=fiscal_start)
    base = opening_accounts(data, asked, where=dict(frozen_where(where)), card=card)
    parts = parts_of(base)
    place = np.flatnonzero((base.closing > 0) & (base.change != 0))
    place = place[np.lexsort((base.account[place], -np.abs(base.change[place])))][:limit]
    columns: dict[str, Any] = {
        "account_id": base.data.engine.account_ids(base.account[place]),
        "opening_mrr": base.opening[place],
        "closing_mrr": base.closing[place],
        "change_mrr": base.change[place],
    } | {f"{name}_mrr": values[place] for name, values in parts.items()}
    text = f"parts of accounts' change, window {card.over(window).window_months}, close {month_text(asked.close)}, limit {limit}"
    made = stamp(data, card=card, where=frozen_where(where), question=text).as_dict()
    frame = to_frame(columns, order=[*columns], stamp=made)
    return frame.assign(**attributes_of(base.data, base.profile[place], taken=[*columns]))


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
