"""Rates of the opening held for every close: each window has its own rates, in this library and in pandas.

Both start from what is in memory or open: lines by account, subscription, currency and month; the rates of each month. The
exact sums of all windows are compared.
"""

import gc
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import nrr_core as nrr
from benchmarks.timing import Failed, once
from nrr_core.engines import open_dataset
from nrr_core.periods import month_text

__all__ = ["every_close", "sums_in_pandas"]

UNIT = 10**8
Sums = dict[str, tuple[int, int, int]]  # close → opening, closing, capped closing


def converted(amount: Any, rate: Any) -> Any:
    """Whole amounts at whole rates, half to even."""
    whole, rest = np.divmod(amount * rate, UNIT)
    return whole + ((2 * rest > UNIT) | ((2 * rest == UNIT) & (whole % 2 == 1)))


def lines_and_rates(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Recurring lines month by month, and the rate of each currency (rows) in each month (columns)."""
    data = open_dataset(folder)
    strands, rates = (data.engine.export(name).to_pandas() for name in ("strands", "rates"))
    strands = strands[strands["kind"] == 0]
    row = np.repeat(np.arange(len(strands)), strands["t"] - strands["f"])
    lines = strands.iloc[row][["account", "item", "currency", "amount"]].reset_index(drop=True)
    lines["m"] = strands["f"].to_numpy()[row] + lines.groupby(row).cumcount().to_numpy()
    months = range(int(lines["m"].min()), int(lines["m"].max()) + 1)
    held = {m: rates[(rates["f"] <= m) & (rates["t"] > m)].set_index("currency")["rate"] for m in months}
    return lines, pd.DataFrame(held)


def pivoted(lines: pd.DataFrame) -> pd.DataFrame:
    """One row a line of an account, one column a month."""
    return lines.pivot_table(index=["account", "item", "currency"], columns="m", values="amount", aggfunc="sum", fill_value=0)


def sums_in_pandas(wide: pd.DataFrame, rates: pd.DataFrame, *, months: int) -> Sums:
    """Opening, closing and capped closing of every window, each at the rates of its opening."""
    currency, account = (wide.index.get_level_values(name) for name in ("currency", "account"))
    found = {}
    for opened in wide.columns[:-months]:
        rate = rates[opened].reindex(currency).to_numpy()
        ends = pd.DataFrame({"open": converted(wide[opened].to_numpy(), rate), "close": converted(wide[opened + months].to_numpy(), rate)})
        paid = ends.groupby(account.to_numpy()).sum()
        paid = paid[paid["open"] > 0]
        capped = np.minimum(paid["open"], paid["close"])
        found[month_text(opened + months)] = (int(paid["open"].sum()), int(paid["close"].sum()), int(capped.sum()))
    return found


def sums_here(frame: pd.DataFrame) -> Sums:
    """The same of an answer of this library; GRR is the capped closing over the opening."""
    rows = frame.to_dict("records")
    whole = [[int(row[name].scaleb(4)) for name in ("opening_mrr", "closing_mrr", "contraction_mrr", "churn_mrr")] for row in rows]
    return {row["close"]: (o, c, o - lost - gone) for row, (o, c, lost, gone) in zip(rows, whole, strict=True)}


def every_close(folder: Path, *, months: int, rounds: int) -> dict[str, float]:
    """Medians of rounds: first asked, asked under another filter, asked again; and the same in pandas, with and without its pivot.

    Raises
    ------
    Failed
        The sums differ.

    """
    spent: dict[str, list[float]] = {}
    lines, rates = lines_and_rates(folder)
    for _ in range(rounds):
        data = open_dataset(folder)
        region = data.axis("region").segments[0]
        answer, cold = once(lambda data=data: nrr.retention(data, window=months))
        _, filtered = once(lambda data=data, region=region: nrr.retention(data, window=months, where={"region": [region]}))
        _, again = once(lambda data=data: nrr.retention(data, window=months))
        wide, pivot = once(lambda: pivoted(lines))
        rival, theirs = once(lambda wide=wide: sums_in_pandas(wide, rates, months=months))
        if sums_here(answer) != rival:
            raise Failed("this library and pandas give different sums at the rates of each opening")
        named = {"cold": cold, "filter": filtered, "warm": again, "pandas_cold": pivot + theirs, "pandas_warm": theirs}
        for name, took in named.items():
            spent.setdefault(name, []).append(took)
        del wide
        gc.collect()
    return {f"{name}_ms": statistics.median(values) for name, values in spent.items()}
