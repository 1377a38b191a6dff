"""Movements: the monthly movements inside the window, added up.

NRR = (opening + Σ expansion + Σ returns counted − Σ contraction − Σ churn) ÷ opening, month by month, so that an account may
grow and shrink in one window. GRR = (opening − Σ contraction − Σ churn) ÷ opening, the sum of losses: it may be lower than
point to point, and below 0. With the opening accounts and their returns NRR equals point to point.
Source: the MRR movements that billing dashboards publish; see the presets.
"""

from collections.abc import Sequence

import numpy as np

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.families.answer import Answer
from nrr_core.families.quotient import Quotient
from nrr_core.measures import Chosen, Grid, stepped, window_grid
from nrr_core.periods import Window

__all__ = ["measure"]

_NAMES = ("expansion_mrr", "contraction_mrr", "churn_mrr", "returned_mrr")


def measure(data: Dataset, chosen: Chosen, card: Definition, asked: Sequence[Window]) -> Answer[Quotient]:
    """Windows of one length."""
    months, closes = asked[0].months, [w.close for w in asked]
    whole = window_grid(data, chosen, months=months, closes=closes, floor=card.min_opening_mrr, as_of=card.segment_as_of)
    opens = np.array([w.open for w in asked])
    own = stepped(data, chosen, "flows", _NAMES, parameters={"months": months, "floor": card.min_opening_mrr}, at=opens)
    summed = dict(own)
    if card.population == "all" or card.returns == "all":
        others = stepped(data, chosen, "passing", _NAMES, parameters={"months": months}, at=opens)
        counted = _NAMES[:3] if card.population == "all" else ()
        for name in (*counted, *(("returned_mrr",) if card.returns == "all" else ())):
            summed[name] = own[name] + others[name]
    returned = summed["returned_mrr"] if card.returns != "separate" else np.zeros_like(summed["returned_mrr"])
    opening, lost = whole["opening_mrr"], summed["contraction_mrr"] + summed["churn_mrr"]
    grid: Grid = {name: whole[name] for name in ("opening_mrr", "opening_accounts", "retained_accounts")} | {
        "expansion_mrr": summed["expansion_mrr"],
        "contraction_mrr": summed["contraction_mrr"],
        "churn_mrr": summed["churn_mrr"],
        "reactivation_mrr": returned,
        "closing_mrr": opening + summed["expansion_mrr"] + returned - lost,
        "kept_mrr": opening - lost,
    }
    return Answer(
        grid,
        {
            "nrr": Quotient.of(grid["closing_mrr"], opening),
            "grr": Quotient.of(grid["kept_mrr"], opening),
            "logo_retention": Quotient.of(grid["retained_accounts"], grid["opening_accounts"]),
        },
    )
