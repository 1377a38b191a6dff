"""Point to point: the opening accounts' MRR at the close, per unit they paid at the opening.

NRR = Σ closing ÷ Σ opening over accounts with opening > 0; GRR caps every account at its own opening; returns of other
accounts count only where the card says so. Source: the closed-cohort convention, SaaS Metrics Standards Board.
"""

from collections.abc import Sequence

import numpy as np

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.engine import Table
from nrr_core.families.answer import Answer, Part, divided
from nrr_core.families.courses import Courses, Terms
from nrr_core.families.quotient import Quotient
from nrr_core.measures.chosen import Chosen, Mask
from nrr_core.measures.windows import window_grid
from nrr_core.periods import Window

__all__ = ["both_ends", "measure", "opened", "opening_accounts", "parts", "terms"]


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
    return divided(grid)


def both_ends(data: Dataset, window: Window) -> Table:
    """What every account pays at both ends of the window, and its movements inside it (statement ``accounts``)."""
    return data.engine.query("accounts", parameters={"open": window.open, "close": window.close})


def opened(found: Table, card: Definition, mask: Mask) -> Part:
    """The opening accounts that count, each with its closing over its opening."""
    opening = found["opening_mrr"].astype(np.int64)
    own = found["last_run"].astype(np.int64) % (1 << 32) if card.segment_as_of == "close" else np.ma.filled(found["open_profile"], 0)
    counted = (opening > 0) & (opening >= card.min_opening_mrr) & mask[own]
    return Part(found["account"][counted].astype(np.int64), found["closing_mrr"][counted].astype(np.int64), opening[counted])


def parts(data: Dataset, card: Definition, window: Window, mask: Mask) -> list[Part]:
    """Account by account: its closing over its opening; returns of other accounts over nothing, where they count."""
    found = both_ends(data, window)
    part = opened(found, card, mask)
    if card.returns != "all":
        return [part]
    back = (found["opening_mrr"] == 0) & (found["closing_mrr"] > 0) & (found["first_paid"] <= window.open)
    back &= mask[np.ma.filled(found["close_profile"], 0)]
    accounts = np.concatenate([part.accounts, found["account"][back].astype(np.int64)])
    over = np.concatenate([part.over, found["closing_mrr"][back].astype(np.int64)])
    return [Part(accounts, over, np.concatenate([part.under, np.zeros(int(back.sum()), dtype=np.int64)]))]


def opening_accounts(courses: Courses, card: Definition, window: Window) -> Mask:
    """The opening accounts that count."""
    opening = courses.paid(window.open)
    settled = card.segment_as_of == "close"
    return (opening > 0) & (opening >= card.min_opening_mrr) & courses.chosen(window.close if settled else window.open, settled=settled)


def terms(courses: Courses, card: Definition, window: Window) -> Terms:
    """Each account's closing over its opening; returns of other accounts over nothing, where they count."""
    opening, closing = courses.paid(window.open), courses.paid(window.close)
    opens = opening_accounts(courses, card, window)
    base, kept = np.where(opens, opening, 0), np.where(opens, np.minimum(opening, closing), 0)
    over = np.where(opens, closing, 0)
    if card.returns == "all":
        back = (opening == 0) & (closing > 0) & (courses.first_paid(window.close) <= window.open) & courses.chosen(window.close)
        over = over + np.where(back, closing, 0)
    return Terms(base, over, kept, opens, opens & (closing > 0))
