"""Chained: the product of the monthly NRRs inside the window, each over the accounts that paid at the month's opening.

Accounts won inside the window count from their second month on; an account that returns counts again from the month after.
GRR and logo retention are products of the monthly ones. Undefined where one month of the window opened at 0.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.families import point_to_point
from nrr_core.families.answer import RATIOS, Answer
from nrr_core.families.quotient import Quotient
from nrr_core.measures import Chosen
from nrr_core.periods import Window

__all__ = ["measure"]


def measure(data: Dataset, chosen: Chosen, card: Definition, asked: Sequence[Window]) -> Answer[Quotient]:
    """Windows of one length."""
    months = asked[0].months
    closes = sorted({w.close - back for w in asked for back in range(months)})
    monthly = point_to_point.measure(data, chosen, replace(card, family="point_to_point"), [Window(c - 1, c) for c in closes])
    place = {close: i for i, close in enumerate(closes)}
    factors = np.array([[place[w.open + 1 + step] for w in asked] for step in range(months)])  # months × windows
    ratios: dict[str, Quotient] = {}
    for name in RATIOS:
        one = monthly.ratios[name]
        ratios[name] = Quotient(one.over[0][:, factors].swapaxes(0, 1), one.under[0][:, factors].swapaxes(0, 1))
    opened = factors[0]
    grid = {name: monthly.grid[name][:, opened] for name in ("opening_mrr", "opening_accounts")}
    return Answer(grid, ratios)
