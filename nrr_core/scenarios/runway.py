"""The runway: which accounts' contracts end within the next months, from the last full month on."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from nrr_core.contracts import contracts
from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import ScenarioError
from nrr_core.frames import months_column, to_frame
from nrr_core.ledger import attributes_of
from nrr_core.ledgers import under
from nrr_core.periods import current_month, month_text
from nrr_core.selection import frozen_where
from nrr_core.stamp import stamp

__all__ = ["last_full_month", "runway"]

_YEAR: Final = 12


def last_full_month(data: Dataset) -> int:
    """The month a projection starts from: the last one of the data that is over.

    Raises
    ------
    ScenarioError
        There is none.

    """
    start = min(data.last, current_month() - 1)
    if start < data.first:
        raise ScenarioError(
            f"A projection starts from the last full month, and the data has none: its first, {month_text(data.first)}, is not over."
        )
    return start


def runway(
    data: Dataset, *, months: int = 12, dimension: str = "auto",
    where: Mapping[str, Sequence[str]] | None = None, card: Definition = STANDARD,
) -> pd.DataFrame:  # fmt: skip
    """Accounts whose contract ends within the next months, soonest and largest first.

    Parameters
    ----------
    data, where, card
        As in ``retention``; the filter is read at the opening of the last twelve months, of newer accounts as of now.
    months
        How far to look ahead of the last full month.
    dimension
        Where contract ends stand (``contracts``).

    Returns
    -------
    pandas.DataFrame
        account_id, contract_end (YYYY-MM), mrr (now), opening_mrr (twelve months before, or before the data began: 0),
        change_mrr, then one column per dimension as of now. Empty where no contract end is known.

    """
    card.require_nrr()
    data = under(data, card)
    start, kept = last_full_month(data), frozen_where(where)
    held = contracts(data, dimension, start=start)
    found = data.engine.query("accounts", parameters={"open": start - _YEAR, "close": start})
    closing = found["closing_mrr"].astype(np.int64)
    opening = found["opening_mrr"].astype(np.int64)
    now = np.ma.filled(found["close_profile"], 0).astype(np.int64)
    end = held.end[now]
    as_of = np.where(opening > 0, np.ma.filled(found["open_profile"], 0).astype(np.int64), now)
    soon = np.flatnonzero((closing > 0) & (end > start) & (end <= start + months) & data.mask(dict(kept))[as_of])
    soon = soon[np.lexsort((found["account"][soon], -closing[soon], end[soon]))]
    columns: dict[str, Any] = {
        "account_id": data.engine.account_ids(found["account"][soon]),
        "contract_end": months_column(end[soon]),
        "mrr": closing[soon],
        "opening_mrr": opening[soon],
        "change_mrr": closing[soon] - opening[soon],
    }
    question = f"runway, {months} months from {month_text(start)}, contract ends from {held.dimension or 'nowhere'}"
    order = [*columns]
    frame = to_frame(columns, order=order, stamp=stamp(data, card=card, where=kept, question=question).as_dict())
    return frame.assign(**attributes_of(data, now[soon], taken=order))
