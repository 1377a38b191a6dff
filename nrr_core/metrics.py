"""Metrics: the ratios, each one function with its formula and its source. Nothing is summed here.

A metric maps measures (integer arrays of any one shape) to floats of that shape with 1.0 = unchanged; NaN where its
denominator is 0, which is shown as “–”.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["METRICS", "Metric", "compute", "ratio"]

Values = Mapping[str, npt.NDArray[Any]]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric and what there is to say about it.

    ``better`` is ``up`` or ``down``; ``kind`` is ``percent`` or ``number``; ``function`` maps measures to values.
    """

    name: str
    label: str
    formula: str
    meaning: str
    source: str
    better: str
    kind: str
    function: Callable[[Values], Floats]


METRICS: dict[str, Metric] = {}


def metric(
    *, label: str, formula: str, source: str, better: str = "up", kind: str = "percent"
) -> Callable[[Callable[[Values], Floats]], Callable[[Values], Floats]]:
    """Register a metric under its function's name; the function's docstring says what it means."""

    def register(function: Callable[[Values], Floats]) -> Callable[[Values], Floats]:
        meaning = (function.__doc__ or "").strip()
        METRICS[function.__name__] = Metric(function.__name__, label, formula, meaning, source, better, kind, function)
        return function

    return register


def ratio(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> Floats:
    """``part ÷ whole``, NaN where the whole is 0."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    undefined = np.full(np.broadcast(part, whole).shape, np.nan)
    values: Floats = np.divide(part, whole, out=undefined, where=whole != 0)
    return values


def compute(name: str, measures: Values) -> Floats:
    """The values of a metric by its name."""
    values: Floats = METRICS[name].function(measures)
    return values


@metric(
    label="NRR",
    formula="(opening + expansion − contraction − churn) ÷ opening",
    source="Closed-cohort convention; SaaS Metrics Standards Board, “Net Revenue Retention”",
)
def nrr(m: Values) -> Floats:
    """Net revenue retention: what the accounts that paid at the opening pay at the close, per unit they paid at the opening."""
    return ratio(m["closing_mrr"], m["opening_mrr"])


@metric(
    label="GRR",
    formula="Σ min(opening, closing) per account ÷ opening",
    source="Closed-cohort convention; SaaS Metrics Standards Board, “Gross Revenue Retention”",
)
def grr(m: Values) -> Floats:
    """Gross revenue retention: the same with every account capped at its own opening MRR, so that no growth can hide a loss."""
    return ratio(m["kept_mrr"], m["opening_mrr"])


@metric(
    label="Logo retention",
    formula="accounts paying at open and close ÷ accounts paying at open",
    source="Closed-cohort convention; SaaS Metrics Standards Board, “Logo Retention”",
)
def logo_retention(m: Values) -> Floats:
    """Share of the accounts that paid at the opening and still pay at the close."""
    return ratio(m["retained_accounts"], m["opening_accounts"])


@metric(label="Expansion rate", formula="expansion ÷ opening", source="NRR = 1 + expansion − contraction − churn, as rates")
def expansion_rate(m: Values) -> Floats:
    """MRR added by accounts that pay more at the close than at the opening, per unit of opening MRR."""
    return ratio(m["expansion_mrr"], m["opening_mrr"])


@metric(
    label="Contraction rate",
    formula="contraction ÷ opening",
    source="NRR = 1 + expansion − contraction − churn, as rates",
    better="down",
)
def contraction_rate(m: Values) -> Floats:
    """MRR lost by accounts that still pay, but less, per unit of opening MRR."""
    return ratio(m["contraction_mrr"], m["opening_mrr"])


@metric(
    label="Churn rate",
    formula="churn ÷ opening",
    source="NRR = 1 + expansion − contraction − churn, as rates",
    better="down",
)
def churn_rate(m: Values) -> Floats:
    """Opening MRR of the accounts that pay nothing at the close, per unit of opening MRR."""
    return ratio(m["churn_mrr"], m["opening_mrr"])


@metric(
    label="Quick ratio",
    formula="(new + reactivation + expansion) ÷ (contraction + churn)",
    source="Mamoon Hamid, “SaaS quick ratio” (2015)",
    kind="number",
)
def quick_ratio(m: Values) -> Floats:
    """MRR gained for each unit of MRR lost; no value where nothing was lost."""
    return ratio(m["new_mrr"] + m["reactivation_mrr"] + m["expansion_mrr"], m["contraction_mrr"] + m["churn_mrr"])
