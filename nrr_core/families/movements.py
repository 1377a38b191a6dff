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
from nrr_core.engines.ends import Asked
from nrr_core.engines.inside import MOVED, inside
from nrr_core.families import point_to_point
from nrr_core.families.answer import Answer, Part, divided
from nrr_core.families.courses import Courses, Terms
from nrr_core.families.quotient import Quotient
from nrr_core.measures.chosen import Chosen, Mask, segment_of_profiles
from nrr_core.measures.grids import Grid, stepped
from nrr_core.measures.windows import window_grid
from nrr_core.periods import Window

__all__ = ["measure", "parts", "terms"]


def measure(data: Dataset, chosen: Chosen, card: Definition, asked: Sequence[Window]) -> Answer[Quotient]:
    """Windows of one length."""
    months, closes = asked[0].months, [w.close for w in asked]
    whole = window_grid(data, chosen, months=months, closes=closes, floor=card.min_opening_mrr, as_of=card.segment_as_of)
    both = card.population == "all" or card.returns == "all"
    own, others = _moved(data, chosen, card, asked, others=both)
    summed = dict(own)
    if both:
        counted = MOVED[:3] if card.population == "all" else ()
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
    return divided(grid)


def _moved(data: Dataset, chosen: Chosen, card: Definition, asked: Sequence[Window], *, others: bool) -> tuple[Grid, Grid]:
    """Movements of the accounts that pay at the open, and where asked for those of the others."""
    months, settled = asked[0].months, card.segment_as_of == "close"
    if data.engine.runs:
        question = Asked(segment_of_profiles(data, chosen), len(chosen.labels), floor=card.min_opening_mrr, settled=settled)
        return inside(data.engine.runs, question, opens=[w.open for w in asked], closes=[w.close for w in asked])
    opens = np.array([w.open for w in asked])
    parameters = {
        "months": months, "floor": card.min_opening_mrr, "later": months if settled else 0, "beyond": data.last + months + 2,
    }  # fmt: skip
    own = stepped(data, chosen, "flows", MOVED, parameters=parameters, at=opens)
    return own, stepped(data, chosen, "passing", MOVED, parameters={"months": months}, at=opens) if others else {}


def parts(data: Dataset, card: Definition, window: Window, mask: Mask) -> list[Part]:
    """Account by account: what it opens with, and that plus its movements inside the window as far as they count."""
    paying = point_to_point.both_ends(data, window)
    opened = point_to_point.opened(paying, card, mask)
    moves = data.engine.query("moves", parameters={"open": window.open, "close": window.close})
    account = moves["account"].astype(np.int64)
    inside = np.isin(account, opened.accounts)
    outside = ~np.isin(account, paying["account"][paying["opening_mrr"] > 0]) & mask[moves["own_profile"]]
    net = np.where(
        inside | (outside & (card.population == "all")), moves["expansion_mrr"] - moves["contraction_mrr"] - moves["churn_mrr"], 0
    )
    if card.returns != "separate":
        net = net + np.where(inside | (outside & (card.returns == "all")), moves["returned_mrr"], 0)
    moved = net != 0
    accounts = np.concatenate([opened.accounts, account[moved]])
    under = np.concatenate([opened.under, np.zeros(int(moved.sum()), dtype=np.int64)])
    over = np.concatenate([opened.under, net[moved].astype(np.int64)])
    return [Part.summed(accounts, over=over, under=under)]


def terms(courses: Courses, card: Definition, window: Window) -> Terms:
    """What each account opens with, and that plus its movements inside the window as far as they count."""
    opening = courses.paid(window.open)
    opens = point_to_point.opening_accounts(courses, card, window)
    base = np.where(opens, opening, 0)
    kept, gained = base.copy(), np.zeros_like(base)
    before, was = opening, courses.chosen(window.open)
    for month in range(window.open + 1, window.close + 1):
        now, here = courses.paid(month), courses.chosen(month)
        moved, back = np.where(before > 0, now - before, 0), (before == 0) & (now > 0) & (courses.first_paid(month) < month)
        others = (opening == 0) & np.where(now > 0, here, was)  # who left is in the segment it left from
        counted = opens | others if card.population == "all" else opens
        kept += np.where(counted, np.minimum(moved, 0), 0)
        gained += np.where(counted, np.maximum(moved, 0), 0)
        if card.returns != "separate":
            gained += np.where(back & (opens | others if card.returns == "all" else opens), now, 0)
        before, was = now, here
    return Terms(base, kept + gained, kept, opens, opens & (before > 0))
