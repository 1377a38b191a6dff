"""Accounts followed one by one through the months, all draws side by side."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nrr_core.scenarios.chances import Chances
from nrr_core.scenarios.pace import Pace
from nrr_core.scenarios.roster import Roster

__all__ = ["singles"]

Floats = npt.NDArray[np.float64]
Small = npt.NDArray[np.float32]


def singles(people: Roster, chance: Chances, pace: Pace, draw: np.random.Generator, *, draws: int, horizon: int) -> Floats:
    """MRR added up by window: windows × months 0 … horizon × draws.

    One number between 0 and 1 per account, month and draw decides: leave, shrink, grow or stay. Of those who leave, a
    share comes back after the delay with what they paid.
    """
    group = people.group
    windows = people.member.T.astype(np.float32)
    sums = np.empty((len(windows), horizon + 1, draws))
    mrr: Small = np.repeat(people.mrr.astype(np.float32)[:, None], draws, axis=1)
    sums[:, 0] = windows @ mrr
    coming: dict[int, list[tuple[npt.NDArray[np.bool_], Small]]] = {}
    for month in range(horizon):
        now = _month(chance, pace, group, month)
        luck: Small = draw.random(mrr.shape, dtype=np.float32)
        leaves = luck >= now.stay
        if now.back.any():
            _note_returns(coming, mrr, leaves, now, month=month, draw=draw)
        mrr *= now.change(luck)
        mrr[leaves] = 0
        for who, amounts in coming.pop(month, []):
            mrr[who] += amounts
        sums[:, month + 1] = windows @ mrr
    return sums


@dataclass(frozen=True, eq=False)
class _Month:
    """The chances of every account in one month, as columns; ``back`` and ``delay`` flat."""

    stay: Small
    shrink: Small
    depth: Small
    grow: Small
    height: Small
    price: Small
    back: Floats
    delay: npt.NDArray[np.int64]

    def change(self, luck: Small) -> Small:
        """The factor of each account that stays: the luck left over below ``stay`` says what happens to it."""
        grown = np.where(luck >= self.stay * (1 - self.grow), 1 + self.height, np.float32(1.0))
        factor: Small = np.where(luck < self.stay * self.shrink, 1 - self.depth, grown) * self.price
        return factor


def _month(chance: Chances, pace: Pace, group: npt.NDArray[np.int64], month: int) -> _Month:
    of = {
        "stay": pace.stay,
        "shrink": chance.shrink,
        "depth": chance.depth,
        "grow": chance.grow,
        "height": chance.height,
        "price": pace.price,
    }
    columns = {name: values[group, month].astype(np.float32)[:, None] for name, values in of.items()}
    return _Month(**columns, back=pace.back[group, month], delay=pace.delay[group])


def _note_returns(
    coming: dict[int, list[tuple[npt.NDArray[np.bool_], Small]]], mrr: Small, leaves: npt.NDArray[np.bool_], now: _Month, *,
    month: int, draw: np.random.Generator,
) -> None:  # fmt: skip
    """Who of those that leave comes back, and when."""
    rows, columns = np.nonzero(leaves & (mrr > 0))
    back = draw.random(len(rows)) < now.back[rows]
    rows, columns = rows[back], columns[back]
    for delay in np.unique(now.delay[rows]).tolist():
        own = now.delay[rows] == delay
        who = np.zeros(mrr.shape, dtype=bool)
        who[rows[own], columns[own]] = True
        coming.setdefault(month + int(delay), []).append((who, mrr[who]))
