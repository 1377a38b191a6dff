"""Ledgers made of another dataset's positions, or of the lines that its import kept, in memory and by the model's rules."""

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nrr_core.dataset import Axis, Dataset
from nrr_core.engine import Codes, Runs
from nrr_core.engines.duckdb import axes_of
from nrr_core.engines.lines import Lines, lines_of
from nrr_core.engines.memory import Described, MemoryEngine
from nrr_core.engines.rates import Rates, rates_of
from nrr_core.engines.runs import begins, bridged, column, joined, latest, pieces, together
from nrr_core.engines.sums import Layout, layout
from nrr_core.engines.units import Owners, owners_of, to_items

__all__ = ["Derivation", "Ground", "derive", "ground"]


@dataclass(frozen=True, slots=True)
class Derivation:
    """What a ledger does otherwise than the dataset it is made of; without any difference, it is that dataset.

    Attributes
    ----------
    parent
        Name of the dimension that names each account's parent: accounts of one parent are one.
    items
        Each subscription is judged by itself.
    kinds
        The revenue types that count, as places in ``schema.REVENUE_TYPES``.
    rates
        Month whose exchange rates hold; 0: those of the dataset's last month, below 0: each month's own.
    gap
        Gaps of at most so many months that end in a return are filled.
    latest
        Every month carries the attributes of the account's last one.

    """

    parent: str = ""
    items: bool = False
    kinds: tuple[int, ...] = (0,)
    rates: int = 0
    gap: int = 0
    latest: bool = False

    @property
    def of_lines(self) -> bool:
        """Whether positions do not say enough, so that the ledger is made of the lines that the import kept."""
        return self.items or self.kinds != (0,) or self.rates != 0


@dataclass(frozen=True, eq=False)
class Ground:
    """What ledgers that differ in exchange rates alone are made of.

    Attributes
    ----------
    runs
        Runs that no rate changes: all of a ledger of positions; of lines, those of accounts that are done already.
    lines, adding, rates
        The lines of the other accounts, how they add up, and the rates; none where there is nothing to convert or to add.
    owners
        Under parents, whose the accounts are.

    """

    described: Described
    axes: tuple[Axis, ...]
    cells: Codes
    runs: tuple[Runs, ...] = ()
    lines: Lines | None = None
    adding: Layout | None = None
    rates: Rates | None = None
    owners: Owners | None = None


def derive(data: Dataset, how: Derivation, on: Ground | None = None) -> Dataset:
    """The ledger, held in memory; it goes when nobody holds it any more.

    ``on`` is what it shares with others, for which only the rates are different.
    """
    shared = on or ground(data, how)
    if shared.lines is None:
        made: tuple[Runs, ...] = ()
    elif shared.rates is not None and how.rates < 0:
        each = shared.rates.of_each_month(shared.lines)
        made = layout(each).runs(each)
    else:
        lines = shared.lines if shared.rates is None else shared.rates.of_month(shared.lines, how.rates or data.last)
        made = (shared.adding or layout(lines)).runs(lines)
    if shared.owners is None:
        return _opened(data, shared, (*shared.runs, *(_finished(part, how) for part in made)))
    lines = shared.owners.lines(together((*shared.runs, *made)))
    return _opened(data, shared, tuple(_finished(part, how) for part in layout(lines).runs(lines)))


def ground(data: Dataset, how: Derivation, *, months: Sequence[int] = ()) -> Ground:
    """What the ledger is made of, whatever rates hold.

    Parameters
    ----------
    data, how
        The dataset, and what the ledger does otherwise.
    months
        Months whose rates ledgers on this ground take: what does not depend on them is done once.

    """
    prefix = "strand_" if how.of_lines else ""
    described = Described(*(data.engine.export(name) for name in ("accounts", f"{prefix}profiles", f"{prefix}segments")))
    engine = MemoryEngine((), described, cells=np.zeros(0, dtype=np.int32), last=data.last)
    cells = column(described.profiles, "cell").astype(np.int32)
    if not how.of_lines:
        runs = _positions(data)
        whole = Ground(described, tuple(replace(axis, engine=engine) for axis in data.axes), cells, runs=(runs,))
        return _owned(whole, how, runs) if how.parent else replace(whole, runs=(_finished(runs, how),))
    lines = lines_of(data.engine.export("strands"), how.kinds)
    if how.items:
        lines, accounts = to_items(lines, described.accounts, data.engine.export("items"))
        described = replace(described, accounts=accounts)
    counts = {row["values"]: row["counts"] for row in described.segments["key"].value_counts().to_pylist()}
    known = [{"key": a.key, "name": a.name, "origin": a.origin, "count": counts.get(a.key, 0), "rolled": a.rolled} for a in data.axes]
    whole = Ground(described, axes_of(known, engine.profiles(), engine), cells, lines=lines)
    if data.detail is not None and data.detail.currencies:
        whole = replace(whole, rates=rates_of(data.engine.export("rates")))
    if months:
        whole = _settled(whole, how, months)
    return _owned(whole, how, lines) if how.parent else whole


def _settled(whole: Ground, how: Derivation, months: Sequence[int]) -> Ground:
    """The same with the accounts done whose lines are all in currencies of one rate in these months, and the others laid out."""
    lines, rates = whole.lines, whole.rates
    if lines is None or lines.currency is None or rates is None:
        return whole
    changing = np.isin(lines.currency, rates.changing(months))
    moving = np.zeros(int(lines.account.max(initial=-1)) + 1, dtype=np.bool_)
    moving[lines.account[changing]] = True
    moves = moving[lines.account]
    still = rates.of_month(lines.at(~moves), months[0])
    runs = layout(still).runs(still)
    rest = lines.at(moves)
    return replace(whole, runs=runs if how.parent else tuple(_finished(part, how) for part in runs), lines=rest, adding=layout(rest))


def _owned(whole: Ground, how: Derivation, whose: Runs | Lines) -> Ground:
    """The same under parents."""
    axis = next(axis for axis in whole.axes if axis.name == how.parent)
    owners, accounts = owners_of(whose.account, whose.profile, axis, whole.described.accounts)
    return replace(whole, owners=owners, described=replace(whole.described, accounts=accounts))


def _positions(data: Dataset) -> Runs:
    """Runs as they are in the dataset."""
    held = data.engine.export("positions")
    return together([pieces(*(column(held, name) for name in ("account", "profile", "f", "t", "mrr")))])


def _finished(runs: Runs, how: Derivation) -> Runs:
    """Runs with late renewals bridged and the latest attributes, where asked for; equal neighbours are one."""
    if how.gap:
        runs = bridged(runs, how.gap)
    if how.latest:
        runs = latest(runs)
    return joined(runs)


def _opened(data: Dataset, shared: Ground, parts: tuple[Runs, ...]) -> Dataset:
    """The ledger as a dataset with the identity of the one it was made of; it reaches back at least as far."""
    engine = MemoryEngine(parts, shared.described, cells=shared.cells, last=data.last)
    firsts = [int(part.f.min()) for part in parts if len(part.f)]
    made = replace(
        data,
        first=min([data.first, *firsts]),
        accounts=sum(int(begins(part).sum()) for part in parts),
        axes=shared.axes,
        cells=shared.cells,
        windows=(),
        engine=engine,
    )
    weakref.finalize(made, engine.close)
    return made
