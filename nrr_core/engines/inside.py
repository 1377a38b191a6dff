"""Monthly movements inside windows, by segment, from runs in memory: what ``flows.sql`` and ``passing.sql`` say, for a few windows."""

from collections.abc import Sequence

import numpy as np

from nrr_core.engine import Runs
from nrr_core.engines.ends import Asked, Integers, Sums, months_of, segments_then
from nrr_core.engines.runs import begins
from nrr_core.rollups import added

__all__ = ["MOVED", "inside"]

MOVED = ("expansion_mrr", "contraction_mrr", "churn_mrr", "returned_mrr")


def inside(parts: Sequence[Runs], asked: Asked, *, opens: Sequence[int], closes: Sequence[int]) -> tuple[Sums, Sums]:
    """Movements of the accounts that pay at the open, and those of all others; row 0 is the total, then one row per segment.

    The first ones belong to the segment at the open (or the close, where settled), the others to that of the movement.
    """
    own, others = ({name: np.zeros((asked.size + 1, len(opens)), dtype=np.int64) for name in MOVED} for _ in range(2))
    for part in parts if len(opens) else ():
        size = int(part.account[-1]) + 1 if len(part.account) else 0
        kind, at, month, amount = _movements(part)
        account, segment = part.account[at], asked.segment[part.profile[at]]
        months = months_of(part, sorted(set(opens)))
        for place, (opened, closed) in enumerate(zip(opens, closes, strict=True)):
            paying = months[opened]
            then = segments_then(part, asked, closed, size)
            belongs = np.full(size, -2, dtype=np.int64)  # −2: not paying at the open
            belongs[paying.account] = asked.segment[paying.profile] if then is None else then[paying.account]
            belongs[paying.account[paying.mrr < asked.floor]] = -1
            moved = np.flatnonzero((month > opened) & (month <= closed))
            mine = belongs[account[moved]]
            _add(own, place, kind[moved], mine, amount[moved])
            _add(others, place, kind[moved], np.where(mine == -2, segment[moved], -1), amount[moved])  # noqa: PLR2004 - said above
    return own, others


def _movements(part: Runs) -> tuple[Integers, Integers, Integers, Integers]:
    """Every movement: its place in ``MOVED``, the run that moves, its month, and how much."""
    first = begins(part)
    follows = np.zeros(len(first), dtype=np.bool_)
    follows[1:] = ~first[1:] & (part.f[1:] == part.t[:-1])
    step = np.diff(part.mrr, prepend=0)
    up, down, back = (np.flatnonzero(which) for which in (follows & (step > 0), follows & (step < 0), ~first & ~follows))
    followed = np.zeros(len(first), dtype=np.bool_)
    followed[:-1] = follows[1:]
    lost = np.flatnonzero(~followed)
    at = np.concatenate([up, down, lost, back])
    kind = np.repeat(np.arange(len(MOVED)), [len(up), len(down), len(lost), len(back)])
    month = np.concatenate([part.f[up], part.f[down], part.t[lost], part.f[back]]).astype(np.int64)
    return kind, at, month, np.concatenate([step[up], -step[down], part.mrr[lost], part.mrr[back]])


def _add(sums: Sums, place: int, kind: Integers, segment: Integers, amount: Integers) -> None:
    """Add movements to the sums of a window; a segment below 0 counts nowhere."""
    size = len(sums[MOVED[0]]) - 1
    counted = segment >= 0
    cells = kind[counted] * size + segment[counted]
    for name, values in zip(MOVED, added(amount[counted], cells, size=size * len(MOVED)).reshape(len(MOVED), size), strict=True):
        sums[name][1:, place] += values
        sums[name][0, place] += values.sum()
