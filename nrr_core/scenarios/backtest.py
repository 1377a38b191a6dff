"""Back-test: what the baseline would have forecast in the past, against what happened and against carrying the last value forward."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from nrr_core import metrics
from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.frames import months_column, to_frame, to_money
from nrr_core.ledgers import under
from nrr_core.measures.chosen import Chosen, choose
from nrr_core.measures.windows import window_grid
from nrr_core.scenarios.pace import Groups, factors, pace
from nrr_core.scenarios.rates import Rates, pooled
from nrr_core.scenarios.runway import last_full_month
from nrr_core.selection import frozen_where
from nrr_core.stamp import stamp

__all__ = ["HORIZONS", "Backtest", "backtest"]

HORIZONS: Final = (3, 6, 12)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Backtest:
    """How far the baseline was off.

    Attributes
    ----------
    summary
        months_ahead, starts (how many forecasts), nrr_error and nrr_naive (mean absolute difference of ratios), mrr_error and
        mrr_naive_error (mean absolute share of the actual MRR), nrr_bias (mean of forecast − actual). NaN without a start.
    forecasts
        start, months_ahead, nrr, nrr_actual, nrr_naive, mrr, mrr_actual, mrr_naive: one row per forecast. Naive is the NRR
        of the last window of the same length, and the MRR at the start.

    """

    summary: pd.DataFrame = field(repr=False)
    forecasts: pd.DataFrame = field(repr=False)


def backtest(
    data: Dataset, *, months: int = 12, by: str | None = None, horizons: Sequence[int] = HORIZONS,
    where: Mapping[str, Sequence[str]] | None = None, card: Definition = STANDARD,
) -> Backtest:  # fmt: skip
    """Forecast from every past month that has the baseline's months before it, knowing only what was known then.

    Contract ends take no part: the file says when contracts end now, not what was known at the time.

    Parameters
    ----------
    data, where, card
        As in ``retention``.
    months, by
        The baseline, as in ``Scenario``.
    horizons
        How many months ahead.

    """
    card = card.at_both_ends()
    data = under(data, card)
    kept, start = frozen_where(where), last_full_month(data)
    chosen = choose(data, by=(by,) if by else (), where=dict(kept))
    parts = [_ahead(data, chosen, ahead, months=months, start=start) for ahead in horizons]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    columns["start"] = np.array(months_column(columns["start"]), dtype=object)
    question = f"back-test, baseline of {months} months by {by or 'nothing'}"
    made = stamp(data, card=card, where=kept, question=question).as_dict()
    order = ("start", "months_ahead", "nrr", "nrr_actual", "nrr_naive", "mrr", "mrr_actual", "mrr_naive")
    money = {name: to_money(columns[name]) for name in ("mrr_actual", "mrr_naive")}
    forecasts = to_frame(columns | money, order=order, stamp=made)
    summary = to_frame(_summary(columns, horizons), order=_SUMMARY, stamp=made)
    return Backtest(summary, forecasts)


_SUMMARY: Final = ("months_ahead", "starts", "nrr_error", "nrr_naive", "nrr_bias", "mrr_error", "mrr_naive_error")


def _ahead(data: Dataset, chosen: Chosen, ahead: int, *, months: int, start: int) -> dict[str, Any]:
    """Every forecast of one length, with what happened."""
    first = data.first + max(months, ahead)
    starts = np.arange(first, start - ahead + 1)
    empty = np.zeros(0, dtype=np.int64)
    if not len(starts):
        return {"start": empty, "months_ahead": empty} | {
            name: empty.astype(float) for name in ("nrr", "nrr_actual", "nrr_naive", "mrr", "mrr_actual", "mrr_naive")
        }
    rates = _rates(data, chosen, starts, months=months)
    size = len(chosen.labels) + 1
    count = len(rates.churn)
    groups = Groups(
        rate=np.arange(count),
        scopes=np.zeros((count, 0), dtype=bool),
        end=np.zeros(count, dtype=np.int64),
        term=np.zeros(count, dtype=np.int64),
    )
    left = factors(pace(groups, rates, (), start=0, horizon=ahead)).closing[:, ahead].reshape(len(starts), size)
    actual = window_grid(data, chosen, months=ahead, closes=(starts + ahead).tolist())
    before = window_grid(data, chosen, months=ahead, closes=starts.tolist())
    opening = actual["opening_mrr"]
    forecast = np.rint((opening[1:] * left[:, 1:].T).sum(axis=0)).astype(np.int64)
    total = {name: values[0] for name, values in actual.items()}
    known = total["opening_mrr"] > 0
    made = {
        "start": starts,
        "months_ahead": np.full(len(starts), ahead),
        "nrr": metrics.ratio(forecast, total["opening_mrr"]),
        "nrr_actual": metrics.compute("nrr", total),
        "nrr_naive": metrics.compute("nrr", {name: values[0] for name, values in before.items()}),
        "mrr": forecast,
        "mrr_actual": total["closing_mrr"],
        "mrr_naive": total["opening_mrr"],
    }
    return {name: np.asarray(values)[known] for name, values in made.items()}


def _rates(data: Dataset, chosen: Chosen, starts: npt.NDArray[np.int64], *, months: int) -> Rates:
    """The baseline's rates at every start: starts × rows of ``Rates``, flattened."""
    closes = range(data.first + 1, int(starts[-1]) + 1)
    grid = window_grid(data, chosen, months=1, closes=closes, arrivals=True)
    found = []
    for start in starts.tolist():
        end = start - data.first
        found.append(pooled({name: values[:, max(end - months, 0) : end] for name, values in grid.items()}))
    return Rates(**{name: np.concatenate([getattr(one, name) for one in found]) for name in Rates.__dataclass_fields__})


def _summary(columns: Mapping[str, Any], horizons: Sequence[int]) -> dict[str, Any]:
    rows: dict[str, list[float]] = {name: [] for name in _SUMMARY}
    for ahead in horizons:
        own = columns["months_ahead"] == ahead
        nrr, actual, naive = (columns[name][own] for name in ("nrr", "nrr_actual", "nrr_naive"))
        mrr, mrr_actual, mrr_naive = (columns[name][own].astype(float) for name in ("mrr", "mrr_actual", "mrr_naive"))
        found = {
            "months_ahead": ahead,
            "starts": int(own.sum()),
            "nrr_error": _mean(np.abs(nrr - actual)),
            "nrr_naive": _mean(np.abs(naive - actual)),
            "nrr_bias": _mean(nrr - actual),
            "mrr_error": _mean(metrics.ratio(np.abs(mrr - mrr_actual), mrr_actual)),
            "mrr_naive_error": _mean(metrics.ratio(np.abs(mrr_naive - mrr_actual), mrr_actual)),
        }
        for name in _SUMMARY:
            rows[name].append(found[name])
    return {
        "months_ahead": np.array(rows["months_ahead"], dtype=np.int64),
        "starts": np.array(rows["starts"], dtype=np.int64),
        **{name: np.array(rows[name], dtype=np.float64) for name in _SUMMARY[2:]},
    }


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
