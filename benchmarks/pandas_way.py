"""The same questions in pandas, as one writes them: self-merges over account rows with category columns."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.timing import Answer
from nrr_core.periods import month_text

__all__ = ["bridge", "bridge_answer", "cohort_answer", "cohorts", "retention", "retention_answer"]


def retention(frame: pd.DataFrame, *, months: int, by: str, where: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """NRR, GRR and logo retention of every close, by segment as of window open, filtered or not."""
    inside = frame["m"] + months <= frame["m"].max()
    for name, segments in where.items():
        inside &= frame[name].isin(segments)
    opened = frame.loc[inside, ["account", "m", "mrr", by]]
    later = frame[["account", "m", "mrr"]].assign(m=frame["m"] - months)
    pairs = opened.merge(later, on=["account", "m"], how="left", suffixes=("", "_close"))
    pairs["retained"] = pairs["mrr_close"].notna()
    pairs["kept"] = np.minimum(pairs["mrr"], pairs["mrr_close"])
    found = pairs.groupby([by, "m"], observed=True).agg(
        opening=("mrr", "sum"), closing=("mrr_close", "sum"), kept=("kept", "sum"),
        accounts=("mrr", "size"), retained=("retained", "sum"),
    )  # fmt: skip
    return found.assign(
        nrr=found["closing"] / found["opening"],
        grr=found["kept"] / found["opening"],
        logo=found["retained"] / found["accounts"],
    )


def retention_answer(found: pd.DataFrame, *, months: int) -> Answer:
    """Sums by segment and close."""
    sums = found[["opening", "closing", "kept", "accounts", "retained"]]
    return {(str(key[0]), month_text(key[1] + months)): _whole(row) for key, row in _rows(sums)}


def bridge(frame: pd.DataFrame) -> pd.DataFrame:
    """Opening, new, reactivation, expansion, contraction, churn and closing of every month."""
    now = frame[["account", "m", "mrr"]]
    before = now.assign(m=now["m"] + 1)
    both = now.merge(before[before["m"] <= now["m"].max()], on=["account", "m"], how="outer", suffixes=("", "_before"))
    both = both.fillna({"mrr": 0, "mrr_before": 0})
    first = both["m"] == both.groupby("account")["m"].transform("min")
    change, absent, gone = both["mrr"] - both["mrr_before"], both["mrr_before"] == 0, both["mrr"] == 0
    steps = pd.DataFrame(
        {
            "m": both["m"],
            "opening": both["mrr_before"],
            "new": change.where(first, 0),
            "reactivation": change.where(absent & ~first, 0),
            "expansion": change.where(~absent & (change > 0), 0),
            "contraction": -change.where(~gone & (change < 0), 0),
            "churn": -change.where(gone, 0),
            "closing": both["mrr"],
            "new_accounts": first,
            "reactivation_accounts": absent & ~first,
            "churn_accounts": gone,
        }
    )
    return steps.groupby("m").sum()


def bridge_answer(found: pd.DataFrame) -> Answer:
    """Sums by month."""
    return {(month_text(m),): _whole(row) for m, row in _rows(found)}


def cohorts(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cohort triangle: sizes by cohort, and what each cohort pays by month."""
    start = frame.groupby("account")["m"].transform("min")
    firsts = frame.loc[frame["m"] == start, ["account", "m", "mrr"]].set_index("account")
    opening = frame["account"].map(firsts["mrr"]).astype("int64")
    capped = frame["mrr"].where(frame["mrr"] < opening, opening)
    steps = pd.DataFrame({"cohort": start, "m": frame["m"], "mrr": frame["mrr"], "capped": capped})
    found = steps.groupby(["cohort", "m"]).agg(mrr=("mrr", "sum"), capped=("capped", "sum"), active=("mrr", "size"))
    sizes = firsts.groupby("m")["mrr"].agg(["size", "sum"])
    return sizes, found


def cohort_answer(found: tuple[pd.DataFrame, pd.DataFrame]) -> Answer:
    """Sizes by cohort, sums by cohort and age."""
    sizes, cells = found
    answer: Answer = {(month_text(cohort),): _whole(row) for cohort, row in _rows(sizes)}
    for (cohort, m), row in _rows(cells):
        answer[month_text(cohort), str(m - cohort)] = _whole(row)
    return answer


def _rows(frame: pd.DataFrame) -> list[tuple[Any, tuple[Any, ...]]]:
    return list(zip(frame.index.tolist(), frame.itertuples(index=False, name=None), strict=True))


def _whole(row: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple(int(value) for value in row)
