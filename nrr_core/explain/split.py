"""Price, seats and product: what expansion and contraction of a window are made of, in all and account by account."""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.engine import Integers
from nrr_core.explain.base import opening_accounts, window_of
from nrr_core.explain.parts import NOT_SPLIT, parts_of
from nrr_core.frames import to_frame
from nrr_core.ledger import attributes_of
from nrr_core.metrics import ratio
from nrr_core.periods import month_text
from nrr_core.roles import role
from nrr_core.schema import money
from nrr_core.selection import Filter, frozen_where
from nrr_core.stamp import stamp

__all__ = ["Split", "price_split", "split_accounts"]


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
