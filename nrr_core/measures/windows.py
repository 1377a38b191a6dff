"""Windows: what opening accounts pay at both ends, and what came and went, by segment and close."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nrr_core.dataset import Dataset
from nrr_core.engine import Integers, Table
from nrr_core.engines.ends import Asked, at_ends
from nrr_core.measures.chosen import Chosen, by_profile, segment_of_cells, segment_of_profiles
from nrr_core.measures.grids import Grid, by_cell, rolled, stepped
from nrr_core.model.statements import parameters
from nrr_core.rollups import running

__all__ = ["window_grid"]

_BASE = ("mrr", "accounts")
_KEPT = ("paired_mrr", "closing_mrr", "kept_mrr", "retained_accounts", "expansion_accounts", "contraction_accounts")
_ARRIVALS = ("new_mrr", "new_accounts", "reactivation_mrr", "reactivation_accounts")


def window_grid(
    data: Dataset,
    chosen: Chosen,
    *,
    months: int,
    closes: Sequence[int],
    arrivals: bool = False,
    floor: int = 0,
    as_of: str = "open",
) -> Grid:
    """The measures of windows of one length: row 0 is the total, then one row per segment; one column per close.

    Opening, expansion, contraction and churn belong to the segment at open; new and reactivation to the segment at
    close. ``closing_mrr`` is what the opening accounts pay at the close.

    Parameters
    ----------
    data, chosen
        The dataset and the selected profiles.
    months
        Length of the windows.
    closes
        Months in which they close; a window may open before the first month, where nothing is paid.
    arrivals
        Also new, reactivation, and what was transferred between segments.
    floor
        Smallest opening MRR that counts; accounts that open below it are left out.
    as_of
        ``open``, or ``close``: opening accounts belong to their segment at the close, or to the last one before it.

    """
    settled = as_of == "close"
    if data.engine.runs:
        asked = Asked(segment_of_profiles(data, chosen), len(chosen.labels), floor=floor, settled=settled, arrivals=arrivals)
        sums = at_ends(data.engine.runs, asked, opens=[close - months for close in closes], closes=closes)
    else:
        sums = _by_statements(data, chosen, months=months, closes=closes, arrivals=arrivals, floor=floor, settled=settled)
    paired, opening, closing, kept = sums.pop("paired_mrr"), sums["opening_mrr"], sums["closing_mrr"], sums["kept_mrr"]
    return sums | {
        "expansion_mrr": closing - kept, "contraction_mrr": paired - kept, "churn_mrr": opening - paired,
        "churn_accounts": sums["opening_accounts"] - sums["retained_accounts"],
    }  # fmt: skip


def _by_statements(
    data: Dataset, chosen: Chosen, *, months: int, closes: Sequence[int], arrivals: bool, floor: int, settled: bool
) -> Grid:  # fmt: skip
    """What ``at_ends`` says of runs in memory, from roll-ups or from the model's statements."""
    if chosen.rolled and not data.rollups.pays_off(months):
        chosen = replace(chosen, rolled=False, table=by_profile(data, chosen))
    closed = np.asarray(closes, dtype=np.int64)
    opened = np.maximum(closed - months, data.first - 1)
    ask = _Asking(data, chosen, months, floor=floor)
    base, kept = ("settled_base", "settled_kept") if settled else ("base", "kept")
    paid = ask(base, _BASE, at=opened)
    sums = {"opening_mrr": paid["mrr"], "opening_accounts": paid["accounts"]} | ask(kept, _KEPT, at=opened)
    return sums | ask("arrivals", _ARRIVALS, at=closed) | _transfers(ask, closed) if arrivals else sums


@dataclass(frozen=True, eq=False)
class _Asking:
    """Statements about one choice and one window length."""

    data: Dataset
    chosen: Chosen
    months: int
    floor: int

    def __call__(self, name: str, measured: Sequence[str], *, at: Integers) -> Grid:
        """Measures of a statement at some months, from the roll-ups where they carry it."""
        unsettled = name == "arrivals" or (name in {"base", "kept"} and not self.floor)
        if self.chosen.rolled and unsettled:
            return rolled(self.data, self.chosen, name, measured, at=at, window=self.window(name))
        return stepped(self.data, self.chosen, name, measured, parameters=self.given(name), at=at, window=self.window(name))

    def window(self, name: str) -> int | None:
        """The window length of the pairs that a statement reads; None where it reads positions alone."""
        return None if name.endswith("base") else self.months

    def given(self, name: str) -> dict[str, int]:
        """The parameters that a statement takes."""
        known = {"months": self.months, "floor": self.floor, "beyond": self.data.last + self.months + 2}
        return {parameter: known[parameter] for parameter in parameters(name)}


def _transfers(ask: _Asking, closed: Integers) -> Grid:
    """MRR whose account changed segment inside the window; in the total, what crossed the filter's border."""
    rows, left, entered = _moved(ask)
    data, columns = ask.data, closed - ask.data.first + 1

    def summed(place: Integers, size: int) -> Integers:
        return running(rows, "mrr", place=place, size=size, first=data.first, last=data.last)[:, columns]

    moved: Grid = {}
    for name, side, other in (("transfer_in_mrr", entered, left), ("transfer_out_mrr", left, entered)):
        border = summed(np.where((side >= 0) & (other < 0), 0, -1), 1)
        moved[name] = np.concatenate([border, summed(np.where(left != entered, side, -1), len(ask.chosen.labels))])
    return moved


def _moved(ask: _Asking) -> tuple[Table, Integers, Integers]:
    """Steps of transfers with the segment left and the segment entered, −1 where that side is filtered out."""
    sides = ("from_segment", "to_segment")
    if ask.chosen.rolled:
        rows, segment_of = ask.data.rollups.rows("transfers", ask.months), segment_of_cells(ask.data, ask.chosen)
        left, entered = (segment_of[np.asarray(rows[side])] for side in sides)
    else:
        rows = by_cell(ask.data, ask.chosen, "transfers", ask.given("transfers"), window=ask.months)
        left, entered = (np.ma.filled(rows[side], -1).astype(np.int64) for side in sides)
    return rows, left, entered
