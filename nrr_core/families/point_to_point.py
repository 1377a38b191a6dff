"""Point to point: the opening accounts' MRR at the close, per unit they paid at the opening.

NRR = Σ closing ÷ Σ opening over accounts with opening > 0; GRR caps every account at its own opening; returns of other
accounts count only where the card says so. Source: the closed-cohort convention, SaaS Metrics Standards Board.
"""

from collections.abc import Sequence

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.families.answer import Answer
from nrr_core.families.quotient import Quotient
from nrr_core.measures import Chosen, window_grid
from nrr_core.periods import Window

__all__ = ["measure"]


def measure(data: Dataset, chosen: Chosen, card: Definition, asked: Sequence[Window]) -> Answer[Quotient]:
    """Windows of one length."""
    counted = card.returns == "all"
    grid = window_grid(
        data, chosen, months=asked[0].months, closes=[w.close for w in asked], arrivals=counted,
        floor=card.min_opening_mrr, as_of=card.segment_as_of,
    )  # fmt: skip
    closing = grid["closing_mrr"]
    if counted:
        grid["closing_mrr"] = closing + grid["reactivation_mrr"]
    return Answer(
        grid,
        {
            "nrr": Quotient.of(grid["closing_mrr"], grid["opening_mrr"]),
            "grr": Quotient.of(grid["kept_mrr"], grid["opening_mrr"]),
            "logo_retention": Quotient.of(grid["retained_accounts"], grid["opening_accounts"]),
        },
    )
