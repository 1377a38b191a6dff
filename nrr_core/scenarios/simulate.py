"""Monte Carlo: the same rates as chances for single accounts, many times over, to see how far outcomes spread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import ScenarioError
from nrr_core.frames import months_column
from nrr_core.periods import month_text
from nrr_core.scenarios.ahead import Model
from nrr_core.scenarios.book import Book, book_of
from nrr_core.scenarios.chances import Chances, chances
from nrr_core.scenarios.crowd import crowd
from nrr_core.scenarios.decisions import Path, decide
from nrr_core.scenarios.pace import Pace, factors
from nrr_core.scenarios.roster import Roster, members, roster
from nrr_core.scenarios.scenario import Scenario
from nrr_core.scenarios.singles import singles
from nrr_core.scenarios.spread import spread
from nrr_core.scenarios.written import digest
from nrr_core.schema import UNIT
from nrr_core.stamp import stamp

__all__ = ["SHARES", "Simulation", "simulate"]

SHARES: Final = (0.5, 0.8, 0.95)
_FEWEST: Final = 100
_MOST: Final = 20_000
_ALONE: Final = 2_000  # so many accounts are simulated one by one; of more, the largest half as many, and the rest as a crowd

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Simulation:
    """How far a scenario's outcomes spread.

    Attributes
    ----------
    bands
        month, measure (``nrr``: the card's window closing in the month; ``period_nrr``: from the start to the month;
        ``mrr``: today's accounts, currency units), share (0.5, 0.8, 0.95), low, high; and with share 0 the median in both.
    chance
        Share of draws in which NRR from the start to the end of the horizon reaches the target; None without a target.
    draws, seed, singly
        How many outcomes, from which seed, and how many accounts were followed one by one.

    """

    bands: pd.DataFrame = field(repr=False)
    chance: float | None
    target: float | None
    draws: int
    seed: int
    singly: int


def simulate(
    data: Dataset | Book, scenario: Scenario | None = None, *, draws: int = 2_000, seed: int = 7, target: float | None = None,
    where: Mapping[str, Sequence[str]] | None = None, card: Definition = STANDARD,
) -> Simulation:  # fmt: skip
    """Many outcomes of one scenario.

    Every month an account leaves, shrinks, grows or stays with the chances that the scenario's rates give it; an account
    that was decided about takes one of its outcomes. The 1,000 largest accounts (all, up to 2,000) are followed one by
    one, the others as a normal crowd with the same mean and variance. The same seed gives the same result.

    Parameters
    ----------
    data, scenario, where, card
        As in ``project``.
    draws
        100 to 20,000.
    seed
        A whole number from 0.
    target
        NRR over the whole horizon; default: the scenario's.

    Raises
    ------
    ScenarioError
        As ``project``; too few or too many draws; a seed below 0.

    """
    if not _FEWEST <= draws <= _MOST:
        raise ScenarioError(f"A simulation has {_FEWEST:,} to {_MOST:,} draws, not {draws:,}.")
    if seed < 0:
        raise ScenarioError(f"The seed of a simulation is {seed}: it must be a whole number from 0.")
    scenario = scenario or Scenario()
    target = scenario.target if target is None else target
    book = book_of(data, scenario, where=where, card=card)
    horizon = scenario.horizon
    held = decide(book, scenario.decisions, horizon=horizon).paths
    made = book.pace(scenario.levers, horizon=horizon)
    people = roster(book, without=[path.decision.account for path in held])
    draw = np.random.default_rng(seed)
    sums = _sums(book, people, made, draw, draws=draws, horizon=horizon)
    for path in held:
        sums = sums + _decided(book, path, made, draw.random(draws))
    found = spread(Model(book, made, held), sums)
    last = found["period_nrr"][-1]
    chance = None if target is None or np.isnan(last).all() else float(np.mean(last >= target))
    question = f"simulation of scenario {digest(scenario)} over {horizon} months from {month_text(book.start)}, {draws} draws, seed {seed}"
    bands = _bands(book, found, horizon=horizon)
    bands.attrs["stamp"] = stamp(book.data, card=book.card, where=book.where, question=question).as_dict()
    return Simulation(bands, chance, target, draws, seed, min(len(people.mrr), _singly(people)))


def _singly(people: Roster) -> int:
    return _ALONE if len(people.mrr) <= _ALONE else _ALONE // 2


def _sums(book: Book, people: Roster, made: Pace, draw: np.random.Generator, *, draws: int, horizon: int) -> Floats:
    """MRR of the accounts of each sum (columns of ``Roster.member``): sums × months 0 … horizon × draws."""
    chance: Chances = chances(book.rates, book.groups, made)
    alone = people.largest(_singly(people))
    sums = singles(people.taken(alone), chance, made, draw, draws=draws, horizon=horizon)
    rest = people.taken(~alone)
    if len(rest.mrr):
        sums += crowd(rest, chance, made, factors(made), draw, draws=draws, horizon=horizon)
    return sums


def _decided(book: Book, path: Path, made: Pace, luck: Floats) -> Floats:
    """One account's MRR in the same shape: which of its two courses comes is drawn once."""
    (chance, first), (_, second) = path.courses(made, start=book.start)
    amounts = np.where(luck[None, :] < chance, first[:, None], second[:, None]) / UNIT
    months = np.arange(book.since, book.start + 1)
    at = {"paid": path.paid > 0, "paying": path.paying, "known": path.first <= months}
    paid, paying, known = (values[None] for values in at.values())
    inside = members(book, paid, paying=paying, home=np.array([path.home >= 0 and path.now > 0]), known=known)[0]
    found: Floats = inside[:, None, None] * amounts[None]
    return found


def _bands(book: Book, found: Mapping[str, Floats], *, horizon: int) -> pd.DataFrame:
    months = months_column(np.arange(1, horizon + 1) + book.start)
    levels = [0.5, *(0.5 - share / 2 for share in SHARES), *(0.5 + share / 2 for share in SHARES)]
    rows: list[dict[str, Any]] = []
    for measure, values in found.items():
        at = np.quantile(values, levels, axis=1)
        for place, month in enumerate(months):
            rows.append({"month": month, "measure": measure, "share": 0.0, "low": at[0, place], "high": at[0, place]})
            for i, share in enumerate(SHARES, 1):
                rows.append({"month": month, "measure": measure, "share": share, "low": at[i, place], "high": at[i + len(SHARES), place]})
    return pd.DataFrame(rows)
