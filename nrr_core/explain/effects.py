"""The effects behind a change of NRR: by segment and part, and by account, in fractions of whole numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from nrr_core.engine import Integers
from nrr_core.explain.base import Base, dimension
from nrr_core.schema import ALL

__all__ = ["OTHERS", "OTHER_SEGMENTS", "PARTS", "Effects", "places"]

PARTS: Final = ("expansion", "contraction", "churn", "mix")
OTHERS: Final = "(all others)"  # the accounts without a line of their own
OTHER_SEGMENTS: Final = "(other)"  # the segments without one
_MOST_SEGMENTS: Final = 60  # each adds up to forty digits to the exact fractions
_SIGNS: Final = {"expansion": 1, "contraction": -1, "churn": -1}


def places(by: str | None, bases: Sequence[Base]) -> tuple[tuple[Integers, Integers], list[str]]:
    """Segment of each account on both sides as a place in one list of names; the smallest beyond 60 are one."""
    axes = [dimension(base.data, by) for base in bases]
    codes = [base.codes(axis) for base, axis in zip(bases, axes, strict=True)]
    listed = list(axes[0].segments if axes[0] else (ALL,))
    if axes[1] is not None and axes[1] is not axes[0]:  # two ledgers, each with segments of its own
        listed += [name for name in axes[1].segments if name not in set(listed)]
        place = {name: k for k, name in enumerate(listed)}
        codes[1] = np.array([place[name] for name in axes[1].segments], dtype=np.int64)[codes[1]]
    size = len(listed)
    weight = np.sum([base.summed(base.opening, c, size) for base, c in zip(bases, codes, strict=True)], axis=0)
    present = np.flatnonzero(weight)
    most = _MOST_SEGMENTS if len(present) <= _MOST_SEGMENTS else _MOST_SEGMENTS - 1
    kept = np.sort(present[np.lexsort((present, -weight[present]))][:most])
    found = np.full(size, len(kept), dtype=np.int64)
    found[kept] = np.arange(len(kept))
    folded = [OTHER_SEGMENTS] if len(kept) < len(present) else []
    return (found[codes[0]], found[codes[1]]), [listed[c] for c in kept.tolist()] + folded


@dataclass(frozen=True, eq=False)
class Effects:
    """Both sides by segment, and the effects between them."""

    first: Base
    second: Base
    codes: tuple[Integers, Integers]
    names: list[str]
    sides: tuple[str, ...] | None = None  # what stands for the segment of a named account, without a dimension to take it from

    def sums(self, name: str) -> list[list[int]]:
        """Sums of a measure by segment, before and after, as Python's whole numbers."""
        size = len(self.names)
        return [
            base.summed(getattr(base, name), codes, size).tolist()
            for base, codes in zip((self.first, self.second), self.codes, strict=True)
        ]

    def effects(self) -> list[tuple[int, str, Fraction]]:
        """Segment by its place, part and exact effect."""
        opening, closing = self.sums("opening"), self.sums("closing")
        moves = {"expansion": self.sums("gained"), "contraction": self.sums("shrunk"), "churn": self.sums("left")}
        whole = [sum(one) for one in opening]
        mean = (Fraction(sum(closing[0]), whole[0]) + Fraction(sum(closing[1]), whole[1])) / 2
        rows = []
        for i in range(len(self.names)):
            s, e = (opening[0][i], opening[1][i]), (closing[0][i], closing[1][i])
            shares = Fraction(s[0], whole[0]), Fraction(s[1], whole[1])
            both = s[0] > 0 and s[1] > 0
            weight = (shares[0] + shares[1]) / 2
            for part, sign in _SIGNS.items():
                before, after = moves[part][0][i], moves[part][1][i]
                rows.append((i, part, sign * weight * (Fraction(after, s[1]) - Fraction(before, s[0])) if both else Fraction(0)))
            rates = [Fraction(e[k], s[k]) for k in (0, 1) if s[k]]
            rows.append((i, "mix", (shares[1] - shares[0]) * (sum(rates, Fraction(0)) / len(rates) - mean)))
        return rows

    def _factors(self) -> list[list[Fraction]]:
        """What one unit of change of an account on a side does to NRR through the rate of its segment, by segment."""
        opening = self.sums("opening")
        whole = [sum(one) for one in opening]
        factors: list[list[Fraction]] = [[], []]
        for first, second in zip(*opening, strict=True):
            weight = (Fraction(first, whole[0]) + Fraction(second, whole[1])) / 2
            both = first > 0 and second > 0
            factors[0].append(-weight / first if both else Fraction(0))
            factors[1].append(weight / second if both else Fraction(0))
        return factors

    def named(self, most: int) -> list[tuple[str, str, int, int, Fraction]]:
        """The accounts with the largest effect on the rate, then all others: id, segment, change before and after, effect."""
        factors = self._factors()
        bases = (self.first, self.second)
        account, place = np.unique(np.concatenate([base.account for base in bases]), return_inverse=True)
        size = np.zeros(len(account))
        begun = 0
        for base, codes, factor in zip(bases, self.codes, factors, strict=True):
            here = place[begun : begun + len(base.account)]
            size[here] += base.change * np.array([float(f) for f in factor])[codes]
            begun += len(base.account)
        top = np.lexsort((account, -np.abs(size)))[:most]
        top = account[top[size[top] != 0]]
        rows, segments, rest = [], self.sums("change"), [list(one) for one in self.sums("change")]
        for number, name in zip(top.tolist(), self.first.data.engine.account_ids(top), strict=True):
            changes, effect, segment = [0, 0], Fraction(0), ""
            for k, (base, codes) in enumerate(zip(bases, self.codes, strict=True)):
                at = int(np.searchsorted(base.account, number))
                if at < len(base.account) and base.account[at] == number:
                    i = int(codes[at])
                    changes[k] = int(base.change[at])
                    rest[k][i] -= changes[k]
                    effect += changes[k] * factors[k][i]
                    segment = self.sides[k] if self.sides else self.names[i]
            rows.append((name, segment, changes[0], changes[1], effect))
        left = sum((rest[k][i] * factors[k][i] for k in (0, 1) for i in range(len(segments[0]))), Fraction(0))
        return [*rows, (OTHERS, "", sum(rest[0]), sum(rest[1]), left)]
