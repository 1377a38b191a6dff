"""Renewal base: of the MRR whose contract ended in the window, the share renewed.

Renewal rate = Σ min(before, after) ÷ Σ before over contracts that end in the window; the net renewal rate counts upsell at
renewal too. ``before`` is the MRR at the month end before the contract ends, ``after`` that of the month in which it ends.
It is not NRR, since accounts whose contract did not end are left out, and it is never called so.
"""

from collections.abc import Sequence

import numpy as np

from nrr_core.contracts import contract_ends
from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.engine import Integers, Table
from nrr_core.errors import DefinitionError
from nrr_core.families.answer import Answer
from nrr_core.families.quotient import Quotient
from nrr_core.measures.chosen import Chosen, by_profile
from nrr_core.periods import Window

__all__ = ["measure"]


def measure(data: Dataset, chosen: Chosen, card: Definition, asked: Sequence[Window]) -> Answer[Quotient]:
    """Windows of one length."""
    inputs: dict[str, Table] = {"due": _due(data), "chosen": by_profile(data, chosen)}
    rows = data.engine.query("renewals", inputs=inputs, parameters={"floor": card.min_opening_mrr})
    first, size = data.first, data.last - data.first + 2
    opened, closed = np.array([w.open - first + 1 for w in asked]), np.array([w.close - first + 1 for w in asked])

    def within(name: str) -> Integers:
        monthly = np.zeros((len(chosen.labels) + 1, size), dtype=np.int64)
        np.add.at(monthly, (1 + rows["segment"].astype(np.int64), rows["m"] - first + 1), rows[name].astype(np.int64))
        monthly[0] = monthly[1:].sum(axis=0)
        reached = np.cumsum(monthly, axis=1)
        inside: Integers = reached[:, closed] - reached[:, opened]
        return inside

    due, after, kept, churn = (within(name) for name in ("due_mrr", "after_mrr", "kept_mrr", "churn_mrr"))
    accounts, renewed = within("due_accounts"), within("renewed_accounts")
    grid = {
        "opening_mrr": due, "opening_accounts": accounts, "retained_accounts": renewed, "expansion_mrr": after - kept,
        "contraction_mrr": due - churn - kept, "churn_mrr": churn, "closing_mrr": after, "kept_mrr": kept,
    }  # fmt: skip
    ratios = {
        "renewal_rate": Quotient.of(kept, due),
        "net_renewal_rate": Quotient.of(after, due),
        "logo_renewal_rate": Quotient.of(renewed, accounts),
    }
    return Answer(grid, ratios)


def _due(data: Dataset) -> Table:
    """Every month of the data in which a contract of a profile ends: its end as written, and whole terms before and after it."""
    ends = contract_ends(data)
    if ends is None:
        raise DefinitionError(
            "The renewal base needs to know when contracts end, and no column says so. Add one called renewal_date or contract_end."
        )
    known = np.flatnonzero(ends.end > 0)
    months, profiles = [], []
    for step in range(data.last - data.first + 1):
        month = data.first + step
        meets = known[(ends.end[known] - month) % ends.term[known] == 0]
        months.append(np.full(len(meets), month, dtype=np.int32))
        profiles.append(meets.astype(np.int32))
    return {"profile": np.concatenate(profiles), "m": np.concatenate(months)}
