"""Our answers: from the roll-ups as every page asks, or from positions and pairs, like for like with the rivals."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd

from benchmarks.timing import Answer
from nrr_core.dataset import Dataset
from nrr_core.schema import ALL, UNIT

__all__ = ["bridge_answer", "cohort_answer", "from_account_rows", "retention_answer"]

_BRIDGE = ("opening_mrr", "new_mrr", "reactivation_mrr", "expansion_mrr", "contraction_mrr", "churn_mrr", "closing_mrr")


@contextmanager
def from_account_rows() -> Iterator[None]:
    """Answer from positions and pairs inside this block, whatever the roll-ups carry."""
    usual = Dataset.rolls
    Dataset.rolls = lambda _data, _names: False
    try:
        yield
    finally:
        Dataset.rolls = usual


def retention_answer(found: pd.DataFrame) -> Answer:
    """Sums by segment and close, without the total."""
    sums = _whole(found, ("opening_mrr", "closing_mrr", "contraction_mrr", "churn_mrr", "opening_accounts", "retained_accounts"))
    answer: Answer = {}
    for segment, close, row in zip(found["segment"], found["close"], sums, strict=True):
        opening, closing, contraction, churn, accounts, retained = row
        if segment != ALL and accounts:
            answer[segment, close] = (opening, closing, opening - contraction - churn, accounts, retained)
    return answer


def bridge_answer(found: pd.DataFrame) -> Answer:
    """Sums by month."""
    names = (*_BRIDGE, "new_accounts", "reactivation_accounts", "churn_accounts")
    return {(close,): row for close, row in zip(found["close"], _whole(found, names), strict=True)}


def cohort_answer(found: pd.DataFrame) -> Answer:
    """Sizes by cohort, sums by cohort and age."""
    answer: Answer = {}
    rows = _whole(found, ("accounts", "opening_mrr", "mrr", "capped_mrr", "active_accounts"))
    for cohort, age, (accounts, opening, *sums) in zip(found["cohort"], found["age"], rows, strict=True):
        if cohort == ALL:
            continue
        answer[(cohort,)] = (accounts, opening)
        if any(sums):
            answer[cohort, str(age)] = tuple(sums)
    return answer


def _whole(found: pd.DataFrame, names: Sequence[str]) -> list[tuple[int, ...]]:
    """Rows of exact integers: money in ten-thousandths."""
    columns: list[list[Any]] = []
    for name in names:
        values = found[name].tolist()
        columns.append([int(v * UNIT) for v in values] if name.endswith("mrr") else [int(v) for v in values])
    return list(zip(*columns, strict=True))
