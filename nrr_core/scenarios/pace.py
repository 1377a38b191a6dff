"""What levers do to the rates month by month, and what that leaves of one unit of MRR."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nrr_core.engine import Integers
from nrr_core.periods import parse_month
from nrr_core.scenarios.rates import Rates
from nrr_core.scenarios.scenario import Lever

__all__ = ["DELAY", "Factors", "Flows", "Groups", "Pace", "factors", "flows", "pace", "paying"]

DELAY = 3  # months between leaving and coming back, where no lever says otherwise

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Groups:
    """Accounts that the same rates apply to, one entry a group.

    ``rate`` is the row of ``Rates``; ``scopes`` one column a lever scope, whether its levers apply; ``end`` the months from
    the start to the first contract end, 0 = no known contract; ``term`` the contract's months.
    """

    rate: Integers
    scopes: npt.NDArray[np.bool_]
    end: Integers
    term: Integers


@dataclass(frozen=True, eq=False)
class Pace:
    """Rates by group and month: shares that stay (of MRR, of accounts), what happens to MRR that stays, what of the lost comes back."""

    stay: Floats
    stay_logo: Floats
    contraction: Floats
    expansion: Floats
    price: Floats
    back: Floats
    delay: Integers

    @cached_property
    def growth(self) -> Floats:
        """What becomes of one unit that stays."""
        return (1 - self.contraction + self.expansion) * self.price

    @cached_property
    def keep(self) -> Floats:
        """The same without any growth: an account's losses count even where another growth makes up for them."""
        return (1 - self.contraction) * np.minimum(self.price, 1.0)


@dataclass(frozen=True, eq=False)
class Factors:
    """Per unit at an opening, by group and months since: MRR, MRR capped at the opening, opening MRR still paying, accounts."""

    closing: Floats
    kept: Floats
    paired: Floats
    logos: Floats


@dataclass(frozen=True, eq=False)
class Flows:
    """Per unit at an opening, by group and months since: what is left, and the movements added up until then."""

    closing: Floats
    churn: Floats
    contraction: Floats
    returned: Floats


def pace(groups: Groups, rates: Rates, levers: Sequence[tuple[Lever, int]], *, start: int, horizon: int) -> Pace:
    """Rates under levers, each given with the column of its scope."""
    shape = (len(groups.rate), horizon)
    rate = {name: np.repeat(getattr(rates, name)[groups.rate][:, None], horizon, axis=1) for name in Rates.__dataclass_fields__}
    added = {name: np.zeros(shape) for name in rate}
    price, lost = np.ones(shape), np.ones(shape)
    delay = np.full(shape[0], DELAY, dtype=np.int64)
    for lever, scope in levers:
        inside, share = groups.scopes[:, scope], _ramp(lever, start=start, horizon=horizon)
        for name in _touched(lever.kind):
            if lever.mode == "relative":
                rate[name][inside] *= 1 + lever.change * share
            else:
                added[name][inside] += lever.change * share
        if lever.kind == "price":
            step = np.diff(share, prepend=0.0)
            price[inside] *= 1 + lever.change * step
            lost[inside] *= 1 - lever.loss * step
        if lever.kind == "win_back":
            delay[inside] = lever.delay
    final = {name: rate[name] + added[name] for name in rate}
    churn, logo_churn = (np.clip(final[name], 0.0, 1.0) for name in ("churn", "logo_churn"))
    contraction, expansion = np.clip(final["contraction"], 0.0, 1.0), np.maximum(final["expansion"], 0.0)
    return Pace(
        stay=_at_contract_ends(1 - churn, groups) * lost,
        stay_logo=_at_contract_ends(1 - logo_churn, groups) * lost,
        contraction=contraction,
        expansion=expansion,
        price=price,
        back=np.clip(final["returns"], 0.0, 1.0),
        delay=delay,
    )


def _touched(kind: str) -> tuple[str, ...]:
    return {"churn": ("churn", "logo_churn"), "win_back": ("returns",), "price": ()}.get(kind, (kind,))


def _ramp(lever: Lever, *, start: int, horizon: int) -> Floats:
    """The share of a lever at work in each projected month."""
    begins = parse_month(lever.start) - start if lever.start else 1
    months = np.arange(1, horizon + 1)
    shares: Floats = np.clip((months - max(begins, 1) + 1) / lever.ramp, 0.0, 1.0)
    return shares


def _at_contract_ends(stay: Floats, groups: Groups) -> Floats:
    """Who has a contract leaves when it ends, with the chance of all the months it ran; nobody leaves before.

    Powers are made by multiplication, so that equal rates give equal numbers in every group.
    """
    bound = groups.end > 0
    if not bound.any():
        return stay
    months = np.arange(1, stay.shape[1] + 1)
    ends = bound[:, None] & (months >= groups.end[:, None]) & ((months - groups.end[:, None]) % np.maximum(groups.term, 1)[:, None] == 0)
    powers = np.ones_like(stay)
    for count in range(1, int(groups.term.max(initial=0)) + 1):
        powers = np.where(groups.term[:, None] >= count, powers * stay, powers)
    return np.where(ends, powers, np.where(bound[:, None], 1.0, stay))


def factors(pace: Pace, *, opened: int = 0) -> Factors:
    """What is left of one unit from an opening ``opened`` months after the start, at 0, 1, 2 … months after it."""
    growth, keep = pace.growth, pace.keep
    one = np.ones_like(growth)
    return Factors(
        closing=_left(pace, pace.stay, growth, opened)[0],
        kept=_left(pace, pace.stay, keep, opened)[0],
        paired=_left(pace, pace.stay, one, opened)[0],
        logos=_left(pace, pace.stay_logo, one, opened)[0],
    )


def flows(pace: Pace, *, opened: int = 0) -> Flows:
    """The movements of one unit from an opening ``opened`` months after the start, added up month by month."""
    left, returned = _left(pace, pace.stay, pace.growth, opened)
    before, stay, keep = left[:, :-1], pace.stay[:, opened:], pace.keep[:, opened:]
    return Flows(closing=left, churn=_added(before * (1 - stay)), contraction=_added(before * stay * (1 - keep)), returned=_added(returned))


def paying(pace: Pace, *, opened: int, after: int, until: int) -> Floats:
    """The chance of an account that pays at an opening to pay in some month after ``after`` and up to ``until``, months since the opening.

    It pays in the first of these months, or it had left by then and comes back in a later one.
    """
    left, returned = _left(pace, pace.stay_logo, np.ones_like(pace.growth), opened)
    chance = left[:, after + 1].copy()
    for month in range(after + 2, until + 1):
        chance += np.where(month - pace.delay <= after + 1, returned[:, month - 1], 0.0)
    return chance


def _added(monthly: Floats) -> Floats:
    """Running sums that begin with nothing."""
    sums: Floats = np.concatenate([np.zeros((len(monthly), 1)), np.cumsum(monthly, axis=1)], axis=1)
    return sums


def _left(pace: Pace, stay: Floats, grows: Floats, opened: int) -> tuple[Floats, Floats]:
    """What is left at the opening and after each month, and what came back in each month."""
    count, horizon = stay.shape
    left = np.ones((count, horizon - opened + 1))
    coming = np.zeros((count, horizon + int(pace.delay.max(initial=0)) + 1))
    every = np.arange(count)
    for month in range(opened, horizon):
        before = left[:, month - opened]
        coming[every, month + pace.delay] += before * (1 - stay[:, month]) * pace.back[:, month]
        left[:, month - opened + 1] = before * stay[:, month] * grows[:, month] + coming[:, month]
    return left, coming[:, opened:horizon]
