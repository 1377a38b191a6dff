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
from nrr_core.families.answer import RATIOS, Answer, Part
from nrr_core.families.quotient import Quotient
from nrr_core.measures.chosen import Chosen, Mask, by_mask
from nrr_core.measures.windows import window_grid
from nrr_core.periods import Window

__all__ = ["measure", "parts"]


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


def parts(data: Dataset, card: Definition, window: Window, mask: Mask) -> list[Part]:
    """Month by month, account by account: what moved in the month, over what all accounts opened it with."""
    moves = data.engine.query("moves", parameters={"open": window.open, "close": window.close})
    account, month = moves["account"].astype(np.int64), moves["m"].astype(np.int64)
    settled = card.segment_as_of == "close"
    counted = (moves["before_mrr"] > 0) & (moves["before_mrr"] >= card.min_opening_mrr)
    counted &= mask[moves["own_profile" if settled else "profile"]]
    net = np.where(counted, moves["expansion_mrr"] - moves["contraction_mrr"] - moves["churn_mrr"], 0)
    if card.returns == "all":
        net = net + np.where(mask[moves["own_profile"]], moves["returned_mrr"], 0)
    chosen = by_mask(mask)
    closes = list(range(window.open + 1, window.close + 1))
    opening = window_grid(data, chosen, months=1, closes=closes, floor=card.min_opening_mrr, as_of=card.segment_as_of)["opening_mrr"][0]
    found = []
    for base, at in zip(opening.tolist(), closes, strict=True):
        here = (month == at) & (net != 0)
        none = np.zeros(int(here.sum()), dtype=np.int64)
        found.append(Part.summed(account[here], over=net[here].astype(np.int64), under=none, base=base))
    return found
