"""Fragility: how much of a retention rests on a few accounts."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.engine import Integers
from nrr_core.explain.base import opening_accounts, require_point_to_point, window_of
from nrr_core.frames import to_frame
from nrr_core.metrics import ratio
from nrr_core.periods import month_text
from nrr_core.selection import Filter, frozen_where
from nrr_core.stamp import stamp

__all__ = ["TOP", "fragility"]

TOP = (1, 3, 5, 10)  # how many of the accounts with the largest effect are left out
_SHARE_OF = 5  # accounts whose share of the expansion is told


def fragility(
    data: Dataset,
    *,
    window: int | str | None = None,
    close: str | None = None,
    where: Filter = None,
    card: Definition = STANDARD,
    fiscal_start: int = 1,
) -> pd.DataFrame:
    r"""NRR of one window without the accounts that move it most, and how single accounts spread around it.

    Parameters
    ----------
    data, where, card, fiscal_start
        As in ``retention``; a card of opening against closing.
    window
        As in ``retention``; default: the card's ``window_months``.
    close
        ``YYYY-MM``; default: the last month of the data.

    Returns
    -------
    pandas.DataFrame
        One row per measure, columns measure, value (float, NaN where undefined), accounts (opening accounts it rests
        on), opening_mrr, closing_mrr (of those accounts; exact decimals): ``nrr``; ``nrr_without_top_1``, ``_3``,
        ``_5``, ``_10``: without the opening accounts of the largest \\|closing − opening\\|, which leave both sums;
        ``nrr_without_one_lowest`` and ``_highest``: the range when any one account is left out; ``closing_to_opening_q1``,
        ``_median``, ``_q3``: quartiles of the accounts' own closing ÷ opening (a half-way value where two are in the
        middle); ``expansion_from_top_5``: share of the expansion that its five largest make.

    """
    card = card.over(window)
    require_point_to_point(card)
    kept = frozen_where(where)
    asked = window_of(data, window=window, close=close, card=card, fiscal_start=fiscal_start)
    base = opening_accounts(data, asked, where=dict(kept), card=card)
    largest = np.lexsort((base.account, -np.abs(base.change)))
    columns = _rows(base.opening[largest], base.closing[largest])
    year = "" if fiscal_start == 1 else f", fiscal year from month {fiscal_start}"
    question = f"fragility, window {card.window_months}, close {month_text(asked.close)}{year}"
    made = stamp(data, card=card, where=kept, question=question).as_dict()
    return to_frame(columns, order=[*columns], stamp=made)


def _rows(opening: Integers, closing: Integers) -> dict[str, Any]:
    """The measures of opening accounts in order of their effect, the largest first."""
    rows: list[tuple[str, float, int, int, int]] = []
    for name, left_out in (("nrr", 0), *((f"nrr_without_top_{n}", n) for n in TOP)):
        s, e = opening[left_out:], closing[left_out:]
        rows.append((name, float(ratio(e.sum(), s.sum())), len(s), int(s.sum()), int(e.sum())))
    everybody = (len(opening), int(opening.sum()), int(closing.sum()))
    without_one = ratio(closing.sum() - closing, opening.sum() - opening)
    own = ratio(closing, opening)
    gained = np.sort(np.maximum(closing - opening, 0))[::-1]
    values = {
        "nrr_without_one_lowest": _of(np.min, without_one),
        "nrr_without_one_highest": _of(np.max, without_one),
        "closing_to_opening_q1": _of(lambda v: np.quantile(v, 0.25), own),
        "closing_to_opening_median": _of(np.median, own),
        "closing_to_opening_q3": _of(lambda v: np.quantile(v, 0.75), own),
        "expansion_from_top_5": float(ratio(gained[:_SHARE_OF].sum(), gained.sum())),
    }
    rows += [(name, value, *everybody) for name, value in values.items()]
    measure, value, accounts, opened, closed = zip(*rows, strict=True)
    return {
        "measure": list(measure),
        "value": np.array(value, dtype=np.float64),
        "accounts": np.array(accounts, dtype=np.int64),
        "opening_mrr": np.array(opened, dtype=np.int64),
        "closing_mrr": np.array(closed, dtype=np.int64),
    }


def _of(summary: Any, values: npt.NDArray[np.float64]) -> float:
    """A summary of the accounts' values; NaN where there is none, or where one of them is undefined."""
    return float(summary(values)) if len(values) else float("nan")
