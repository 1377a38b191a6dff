"""Who keeps what they bring: NRR and early churn by owner, sales rep, channel, fit or any other dimension."""

from typing import Any, Final

import numpy as np
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.engine import Integers
from nrr_core.errors import SelectionError
from nrr_core.explain.base import chosen_of, opening_accounts, window_of
from nrr_core.frames import to_frame
from nrr_core.ledgers import under
from nrr_core.metrics import ratio
from nrr_core.periods import Window, month_text
from nrr_core.selection import Filter, frozen_where
from nrr_core.stamp import stamp

__all__ = ["STANDING", "standing"]

STANDING: Final = ("owner", "sales_rep", "channel", "fit")  # roles that one asks about first


def standing(
    data: Dataset,
    *,
    by: str,
    early: int = 12,
    window: int | str | None = None,
    close: str | None = None,
    where: Filter = None,
    card: Definition = STANDARD,
    fiscal_start: int = 1,
) -> pd.DataFrame:
    """NRR and early churn by owner, sales rep, channel, fit or any other dimension.

    Parameters
    ----------
    data, window, where, card, fiscal_start
        As in ``retention``.
    by
        The dimension; ``roles.role(data, "owner")`` finds one by its role.
    early
        Months after the first payment within which leaving is early.
    close
        ``YYYY-MM``; default: the last month of the data.

    Returns
    -------
    pandas.DataFrame
        One row per segment: segment, opening_accounts, opening_mrr, nrr, logo_retention as of window open; then, as of
        first payment, arrived_accounts (those whose first payment was ``early`` months before a month of the window),
        early_accounts (of them, those that do not pay ``early`` months after it), early_churn (the share) and early_mrr
        (what those first paid). Accounts of the data's first month are left out: when they first paid is not known.

    """
    if not isinstance(early, int) or early < 1:
        raise SelectionError(f"Early churn is counted over at least 1 month, not {early}.")
    asked = window_of(data, window=window, close=close, card=card, fiscal_start=fiscal_start)
    kept = frozen_where(where)
    base = opening_accounts(data, asked, where=dict(kept), card=card)
    axis = base.data.axis(by)
    codes = base.codes(axis)
    opening, closing = (base.summed(values, codes, axis.count) for values in (base.opening, base.closing))
    accounts = np.bincount(codes, minlength=axis.count)
    retained = np.bincount(codes[base.closing > 0], minlength=axis.count)
    began = _early(data, axis.name, asked, early=early, where=dict(kept), card=card)
    rows = np.flatnonzero((accounts > 0) | (began["accounts"] > 0))
    rows = rows[np.lexsort((rows, -opening[rows]))]
    columns: dict[str, Any] = {
        "segment": [axis.segments[i] for i in rows.tolist()],
        "opening_accounts": accounts[rows],
        "opening_mrr": opening[rows],
        "nrr": ratio(closing[rows], opening[rows]),
        "logo_retention": ratio(retained[rows], accounts[rows]),
        "arrived_accounts": began["accounts"][rows],
        "early_accounts": began["left_accounts"][rows],
        "early_churn": ratio(began["left_accounts"][rows], began["accounts"][rows]),
        "early_mrr": began["left_mrr"][rows],
    }
    text = f"standing by {by}, early {early} months, window {card.over(window).window_months}, close {month_text(asked.close)}"
    made = stamp(data, card=card, where=kept, question=text).as_dict()
    return to_frame(columns, order=[*columns], stamp=made)


def _early(data: Dataset, by: str, asked: Window, *, early: int, where: Any, card: Definition) -> dict[str, Integers]:
    """Accounts by segment as of first payment whose ``early`` months end within the window."""
    ledger = under(data, card, opening=asked.open)
    axis = ledger.axis(by)
    chosen = chosen_of(axis)
    keep = ledger.mask(where)[chosen["profile"]]
    inputs = {"chosen": {name: values[keep] for name, values in chosen.items()}}
    place = {"since": max(asked.open - early, ledger.first), "until": asked.close - early, "early": early}
    found = ledger.engine.query("early", parameters=place, inputs=inputs)
    sums = {}
    for name in ("accounts", "left_accounts", "left_mrr"):
        sums[name] = np.zeros(axis.count, dtype=np.int64)
        sums[name][found["segment"]] = found[name].astype(np.int64)
    return sums
