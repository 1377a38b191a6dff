"""Monthly movements inside windows, by segment, from runs in memory: what ``flows.sql`` and ``passing.sql`` say, for a few windows."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from nrr_core.engine import Integers, Runs
from nrr_core.engines.ends import Asked, Sums, months_of, segments_then
from nrr_core.engines.runs import begins
from nrr_core.rollups import added

__all__ = ["MOVED", "inside"]

MOVED = ("expansion_mrr", "contraction_mrr", "churn_mrr", "returned_mrr")


def inside(parts: Sequence[Runs], asked: Asked, *, opens: Sequence[int], closes: Sequence[int]) -> tuple[Sums, Sums]:
    """Movements of the accounts that pay at the open, and those of all others; row 0 is the total, then one row per segment.

    The first ones belong to the segment at the open (or the close, where settled), the others to that of the movement.
    """
    own, others = ({name: np.zeros((asked.size + 1, len(opens)), dtype=np.int64) for name in MOVED} for _ in range(2))
    size = 1 + max((int(part.account[-1]) for part in parts if len(part.account)), default=-1)
    months, moves = months_of(parts, sorted(set(opens))), _movements(parts)
    for place, (opened, closed) in enumerate(zip(opens, closes, strict=True)):
        paying, then = months[opened], segments_then(parts, asked, closed, size)
        belongs = np.full(size, -2, dtype=np.int64)  # −2: not paying at the open
        belongs[paying.account] = asked.segment[paying.profile] if then is None else then[paying.account]
        belongs[paying.account[paying.mrr < asked.floor]] = -1
        moved = np.flatnonzero((moves.month > opened) & (moves.month <= closed))
        mine, segment = belongs[moves.account[moved]], asked.segment[moves.profile[moved]]
        _add(own, place, moves.kind[moved], mine, moves.amount[moved])
        _add(others, place, moves.kind[moved], np.where(mine == -2, segment, -1), moves.amount[moved])  # noqa: PLR2004 - said above
    return own, others


@dataclass(frozen=True, slots=True, eq=False)
class _Moves:
    """Movements: the place of each in ``MOVED``, its account, the attributes then or before, its month, and how much."""

    kind: Integers
    account: Integers
    profile: Integers
    month: Integers
    amount: Integers


def _movements(parts: Sequence[Runs]) -> _Moves:
    """Every movement of every account."""
    found = [_moves(part) for part in parts]
    return _Moves(*(np.concatenate([getattr(moves, field.name) for moves in found]) for field in fields(_Moves)))


def _moves(part: Runs) -> _Moves:
    first = begins(part)
    follows = np.zeros(len(first), dtype=np.bool_)
    follows[1:] = ~first[1:] & (part.f[1:] == part.t[:-1])
    followed = np.zeros(len(first), dtype=np.bool_)
    followed[:-1] = follows[1:]
    step = np.diff(part.mrr, prepend=0)
    up, down, lost, back = (np.flatnonzero(which) for which in (follows & (step > 0), follows & (step < 0), ~followed, ~first & ~follows))
    at = np.concatenate([up, down, lost, back])
    return _Moves(
        np.repeat(np.arange(len(MOVED)), [len(up), len(down), len(lost), len(back)]), part.account[at], part.profile[at],
        np.concatenate([part.f[up], part.f[down], part.t[lost], part.f[back]]),
        np.concatenate([step[up], -step[down], part.mrr[lost], part.mrr[back]]),
    )  # fmt: skip


def _add(sums: Sums, place: int, kind: Integers, segment: Integers, amount: Integers) -> None:
    """Add movements to the sums of a window; a segment below 0 counts nowhere."""
    size = len(sums[MOVED[0]]) - 1
    counted = segment >= 0
    cells = kind[counted] * size + segment[counted]
    for name, values in zip(MOVED, added(amount[counted], cells, size=size * len(MOVED)).reshape(len(MOVED), size), strict=True):
        sums[name][1:, place] += values
        sums[name][0, place] += values.sum()
