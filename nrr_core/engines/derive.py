"""Ledgers made of another dataset's positions, or of the lines that its import kept, in memory and by the model's rules."""

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nrr_core.dataset import Axis, Dataset
from nrr_core.engine import Codes, Runs
from nrr_core.engines.duckdb import axes_of
from nrr_core.engines.lines import Lines, lines_of, summed
from nrr_core.engines.memory import Described, MemoryEngine
from nrr_core.engines.rates import Rates, rates_of
from nrr_core.engines.runs import begins, bridged, column, joined, latest, pieces, together
from nrr_core.engines.units import belonging, to_items, to_parents

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

    ``lines`` are those whose amounts rates can change; what the other accounts pay is done already (``still``). A ledger of
    positions has no lines.
    """

    described: Described
    axes: tuple[Axis, ...]
    cells: Codes
    lines: Lines | None = None
    rates: Rates | None = None
    still: tuple[Runs, ...] = ()


def derive(data: Dataset, how: Derivation, on: Ground | None = None) -> Dataset:
    """The ledger, held in memory; it goes when nobody holds it any more.

    ``on`` is what it shares with others, for which only the rates are different.
    """
    shared = on or ground(data, how)
    if shared.lines is None:
        runs = _from_positions(data)
    else:
        lines = shared.lines if shared.rates is None else shared.rates.apply(shared.lines, how.rates or data.last)
        runs = summed(lines)
    described = shared.described
    if how.parent:
        axis = next(axis for axis in shared.axes if axis.name == how.parent)
        owners, accounts = belonging(runs, axis, described.accounts)
        described = replace(described, accounts=accounts)
        runs = summed(to_parents(runs, owners))
    parts = (*shared.still, _finished(runs, how))
    return _opened(data, replace(shared, described=described), parts)


def ground(data: Dataset, how: Derivation, *, months: Sequence[int] = ()) -> Ground:
    """What the ledger is made of, whatever rates hold.

    Parameters
    ----------
    data, how
        The dataset, and what the ledger does otherwise.
    months
        Months whose rates ledgers on this ground take: what none of them changes is done once.

    """
    prefix = "strand_" if how.of_lines else ""
    described = Described(*(data.engine.export(name) for name in ("accounts", f"{prefix}profiles", f"{prefix}segments")))
    engine = MemoryEngine((), described, cells=np.zeros(0, dtype=np.int32), last=data.last)
    cells = column(described.profiles, "cell").astype(np.int32)
    if not how.of_lines:
        return Ground(described, tuple(replace(axis, engine=engine) for axis in data.axes), cells)
    lines = lines_of(data.engine.export("strands"), how.kinds)
    if how.items:
        lines, accounts = to_items(lines, described.accounts, data.engine.export("items"))
        described = replace(described, accounts=accounts)
    keys = described.segments["key"].value_counts().to_pylist()
    counts = {row["values"]: row["counts"] for row in keys}
    known = [{"key": a.key, "name": a.name, "origin": a.origin, "count": counts.get(a.key, 0), "rolled": a.rolled} for a in data.axes]
    axes = axes_of(known, engine.profiles(), engine)
    if data.detail is None or not data.detail.currencies:
        return Ground(described, axes, cells, lines)
    rates = rates_of(data.engine.export("rates"))
    whole = Ground(described, axes, cells, lines, rates)
    return _settled(whole, how, months) if months and not how.parent else whole


def _settled(whole: Ground, how: Derivation, months: Sequence[int]) -> Ground:
    """The same with the accounts done whose lines are all in currencies of one rate in these months."""
    if whole.lines is None or whole.rates is None or not len(whole.lines.account):
        return whole
    lines, rates = whole.lines, whole.rates
    moving = np.zeros(int(lines.account[-1]) + 1, dtype=np.bool_)
    moving[lines.account[np.isin(lines.currency, rates.changing(months))]] = True
    moves = moving[lines.account]
    still = _finished(summed(rates.apply(lines.at(~moves), months[0])), how)
    return replace(whole, lines=lines.at(moves), still=(still,))


def _from_positions(data: Dataset) -> Runs:
    """Runs as they are in the dataset."""
    held = data.engine.export("positions")
    return together([pieces(*(held[name].to_numpy() for name in ("account", "profile", "f", "t", "mrr")))])


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
