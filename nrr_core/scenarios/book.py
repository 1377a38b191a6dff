"""The book: what today's accounts pay and paid, by segment and by the rates that apply to them. Levers change nothing in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nrr_core.contracts import Contracts, contracts
from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.engine import Integers
from nrr_core.ledgers import under
from nrr_core.measures.chosen import Chosen, by_profile, choose, segment_of_profiles
from nrr_core.measures.windows import window_grid
from nrr_core.rollups import running
from nrr_core.scenarios.pace import Groups, Pace, pace
from nrr_core.scenarios.past import Past, past, since_of
from nrr_core.scenarios.rates import Rates, monthly_grid, rates
from nrr_core.scenarios.runway import last_full_month
from nrr_core.scenarios.scenario import Lever, Scenario
from nrr_core.scenarios.standing import Standing, stood
from nrr_core.schema import ALL
from nrr_core.selection import Where, frozen_where

__all__ = ["Book", "book_of", "open_book"]


@dataclass(frozen=True, eq=False)
class Book:
    """Exact sums at the start of a projection.

    Attributes
    ----------
    source, data
        The dataset as read, and as the card's ledger has it.
    start, since
        The last full month, and the earliest month of which the card asks what today's accounts paid.
    standing
        What today's accounts paid at the openings (``since`` … ``start``) and pay now.
    past
        What else happened up to the start, as far as the card's family asks for it.
    opening_mrr, opening_accounts
        All accounts that count at the opening, segments × openings.
    segment_of, group_of, scopes
        Place by profile, −1 where the filter leaves it out; the group by profile; the column of each lever scope.
    contracts, shape
        Contract ends by profile; what of a scenario the book depends on, besides the scopes.

    """

    source: Dataset
    data: Dataset
    where: Where
    card: Definition
    start: int
    since: int
    labels: tuple[str, ...]
    rates: Rates
    groups: Groups
    standing: Standing
    past: Past
    opening_mrr: Integers
    opening_accounts: Integers
    segment_of: Integers
    group_of: Integers
    scopes: Mapping[Where, int]
    contracts: Contracts
    shape: tuple[object, ...]

    def pace(self, levers: Sequence[Lever], *, horizon: int) -> Pace:
        """The book's rates under levers, whose scopes it must have."""
        scoped = [(lever, self.scopes[lever.where]) for lever in levers]
        return pace(self.groups, self.rates, scoped, start=self.start, horizon=horizon)

    def less(self, standing: Standing) -> "Book":
        """The same book with other sums of today's accounts."""
        return replace(self, standing=standing)


def open_book(data: Dataset, scenario: Scenario, *, where: Mapping[str, Sequence[str]] | None = None, card: Definition = STANDARD) -> Book:
    """The book of a scenario: it depends on its ``by``, ``months``, ``contracts`` and the places of its levers, on no amount.

    Raises
    ------
    ScenarioError, SelectionError, DefinitionError
        No full month, nobody paying, an unknown dimension or segment, a renewal rate, a fiscal window.

    """
    card.require_nrr()
    source, data, kept = data, under(data, card), frozen_where(where)
    start = last_full_month(data)
    since = since_of(card, first=data.first, start=start, horizon=scenario.horizon)
    by = (scenario.by,) if scenario.by else ()
    chosen = choose(data, by=by, where=dict(kept))
    segment_of = segment_of_profiles(data, chosen)
    scopes = {scope: place for place, scope in enumerate(_scopes(scenario))}
    ends = contracts(data, scenario.contracts, start=start)
    groups, group_of = _groups(data, scenario, chosen, scopes=list(scopes), ends=ends, start=start)
    opening_mrr, opening_accounts = _openings(data, chosen, card, start=start, since=since)
    return Book(
        source=source, data=data, where=kept, card=card, start=start, since=since,
        labels=tuple(label[0] for label in chosen.labels) if by else (ALL,),
        rates=rates(monthly_grid(data, chosen, start=start, months=scenario.months), start=start),
        groups=groups, standing=stood(data, card, segment_of, group_of, start=start, since=since),
        past=past(source, data, chosen, card, start=start, since=since, horizon=scenario.horizon, by=by, where=dict(kept)),
        opening_mrr=opening_mrr, opening_accounts=opening_accounts,
        segment_of=segment_of, group_of=group_of, scopes=scopes, contracts=ends, shape=_shape(scenario),
    )  # fmt: skip


def book_of(
    source: Dataset | Book, scenario: Scenario, *, where: Mapping[str, Sequence[str]] | None = None, card: Definition = STANDARD
) -> Book:
    """The book of a scenario: the one that is open, where it fits; ``where`` and ``card`` go with a dataset."""
    if isinstance(source, Book):
        fits = source.shape == _shape(scenario) and set(_scopes(scenario)) <= set(source.scopes)
        return source if fits else open_book(source.source, scenario, where=dict(source.where), card=source.card)
    return open_book(source, scenario, where=where, card=card)


def _shape(scenario: Scenario) -> tuple[object, ...]:
    return (scenario.horizon, scenario.months, scenario.by, scenario.contracts)


def _scopes(scenario: Scenario) -> tuple[Where, ...]:
    return tuple(dict.fromkeys(lever.where for lever in scenario.levers))


def _groups(
    data: Dataset, scenario: Scenario, chosen: Chosen, *, scopes: Sequence[Where], ends: Contracts, start: int
) -> tuple[Groups, Integers]:  # fmt: skip
    """Groups of profiles that the same rates, levers and contract ends apply to, and the group of each profile.

    Ends beyond the horizon count as one: nothing happens to them.
    """
    inside = np.stack([data.mask(dict(scope)) for scope in scopes] or [np.zeros(len(data.cells), dtype=bool)], axis=1)
    end = np.where(ends.end > 0, np.minimum(ends.end - start, scenario.horizon + 1), 0)
    term = np.where(end > scenario.horizon, 1, ends.term)
    keys = np.column_stack([_rate_rows(data, scenario.by, chosen), end, term, inside])
    found, group_of = np.unique(keys, axis=0, return_inverse=True)
    held = Groups(rate=found[:, 0], end=found[:, 1], term=found[:, 2], scopes=found[:, 3:].astype(bool))
    return held, group_of.reshape(-1).astype(np.int64)


def _rate_rows(data: Dataset, by: str | None, chosen: Chosen) -> Integers:
    """The row of ``Rates`` for each profile; a segment outside the filter follows all accounts."""
    if by is None:
        return np.zeros(len(data.cells), dtype=np.int64)
    axis = data.axis(by)
    rows = {label[0]: place + 1 for place, label in enumerate(chosen.labels)}
    return np.array([rows.get(segment, 0) for segment in axis.segments], dtype=np.int64)[axis.codes]


def _openings(data: Dataset, chosen: Chosen, card: Definition, *, start: int, since: int) -> tuple[Integers, Integers]:
    """What was paid at every opening by the accounts that count there, and how many they are."""
    size = len(chosen.labels)
    if card.segment_as_of != "close":
        found = window_grid(data, chosen, months=1, closes=range(since + 1, start + 2), floor=card.min_opening_mrr)
        return found["opening_mrr"][1 : size + 1], found["opening_accounts"][1 : size + 1]
    inputs = {"chosen": by_profile(data, chosen)}
    rows = data.engine.query("settled_so_far", inputs=inputs, parameters={"start": start, "floor": card.min_opening_mrr})
    place = rows["segment"].astype(np.int64)
    mrr, accounts = (running(rows, name, place=place, size=size, first=since, last=start)[:, 1:] for name in ("mrr", "accounts"))
    return mrr, accounts
