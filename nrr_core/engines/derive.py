"""Ledgers made of another dataset's positions, or of the lines that its import kept, by the model's own statements."""

import weakref
from dataclasses import dataclass, replace

import numpy as np

from nrr_core.dataset import Axis, Dataset
from nrr_core.engines.duckdb import axes_of
from nrr_core.engines.memory import MemoryEngine
from nrr_core.model.statements import statement
from nrr_core.schema import RATE_UNIT

__all__ = ["Derivation", "derive"]


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


def derive(data: Dataset, how: Derivation) -> Dataset:
    """The ledger, held in memory; it goes when nobody holds it any more."""
    engine = MemoryEngine()
    _described(engine, data, prefix="strand_" if how.of_lines else "")
    if how.of_lines:
        _from_strands(engine, data, how)
    else:
        _from_positions(engine, data)
    if how.parent:
        _to_parents(engine, data.axis(how.parent), last=data.last)
    if how.gap:
        _again(engine, "bridged", gap=how.gap)
    if how.latest:
        _again(engine, "latest")
    if how.gap or how.latest:
        _joined(engine)
    engine.make("positions", f"select * from ({statement('positions')}) as p order by account, f")
    engine.drop("runs")
    return _opened(data, engine)


def _described(engine: MemoryEngine, data: Dataset, *, prefix: str) -> None:
    """Accounts, profiles and segments, those of positions or those of strands."""
    for name in ("accounts", f"{prefix}profiles", f"{prefix}segments"):
        engine.take("taken", data.engine.export(name))
        engine.make(name.removeprefix(prefix), "select * from taken")
        engine.let_go("taken")


def _from_positions(engine: MemoryEngine, data: Dataset) -> None:
    """``runs`` as they are in the dataset."""
    engine.take("taken", data.engine.export("positions"))
    engine.make("runs", "select account, profile, f, t, mrr from taken")
    engine.let_go("taken")


def _from_strands(engine: MemoryEngine, data: Dataset, how: Derivation) -> None:
    """``runs`` of the lines of the revenue types that count, each under its account or subscription."""
    counted = ", ".join(str(int(kind)) for kind in how.kinds) or "-1"
    engine.take("taken", data.engine.export("strands"))
    engine.make("lines", f"select line, account, item, currency, f, t, amount, profile from taken where kind in ({counted})")
    engine.let_go("taken")
    if data.detail is not None and data.detail.currencies:
        _convert(engine, data, how.rates or data.last)
    if how.items:
        _to_items(engine, data)
    _added(engine, last=data.last)
    _joined(engine)


def _convert(engine: MemoryEngine, data: Dataset, month: int) -> None:
    """``lines`` in the base currency: at the rates of one month, or cut where rates change, at those of each."""
    engine.take("taken", data.engine.export("rates"))
    held = f"x.f <= {month} and x.t > {month}" if month > 0 else "x.f < l.t and l.f < x.t"
    cut = "l.f, l.t" if month > 0 else "greatest(l.f, x.f) as f, least(l.t, x.t) as t"
    engine.make(
        "converted",
        f"select l.line, l.account, l.item, {cut}, cast(share(cast(l.amount as hugeint) * x.rate, {RATE_UNIT}) as bigint) as amount, "
        f"l.profile from lines as l join taken as x on x.currency = l.currency and {held}",
    )
    engine.let_go("taken")
    engine.drop("lines")
    engine.make("lines", "select line, account, item, f, t, amount, profile from converted")
    engine.drop("converted")


def _to_items(engine: MemoryEngine, data: Dataset) -> None:
    """``lines`` and ``accounts`` of subscriptions; what names no subscription is its account's remainder, under the account's id."""
    engine.take("taken", data.engine.export("items"))
    engine.make(
        "units",
        "select cast(row_number() over (order by a.account_id, i.item_id) - 1 as integer) as unit, u.account, u.item, "
        "case when i.item_id = '' then a.account_id else a.account_id || ' / ' || i.item_id end as account_id "
        "from (select distinct account, item from lines) as u join accounts as a on a.account = u.account "
        "join taken as i on i.item = u.item",
    )
    engine.let_go("taken")
    engine.make(
        "owned",
        "select l.line, u.unit as account, l.f, l.t, l.amount, l.profile from lines as l "
        "join units as u on u.account = l.account and u.item = l.item",
    )
    engine.drop("lines", "accounts")
    engine.make("lines", "select line, account, f, t, amount, profile from owned")
    engine.make("accounts", "select unit as account, account_id from units order by unit")
    engine.drop("owned", "units")


def _added(engine: MemoryEngine, *, last: int) -> None:
    """``runs`` of ``lines``: those that overlap are added, which costs more than the others, that stand as they are."""
    engine.make(
        "crowded",
        "select distinct account from (select account, f < max(t) over (partition by account order by f, t "
        "rows between unbounded preceding and 1 preceding) as along from lines) as l where along",
    )
    engine.make(
        "shared", "select l.line, l.account, l.f, l.t, l.amount, l.profile from lines as l join crowded as c on c.account = l.account"
    )
    engine.make("added", statement("spans", tables=(("lines", "shared"),)), last=last)
    engine.make(
        "runs",
        "select account, profile, f, t, mrr from added union all select l.account, l.profile, l.f, l.t, l.amount as mrr from lines as l "
        "where l.amount > 0 and l.account not in (select account from crowded)",
    )
    engine.drop("lines", "crowded", "shared", "added")


def _to_parents(engine: MemoryEngine, axis: Axis, *, last: int) -> None:
    """``runs`` and ``accounts`` of parents: what their accounts pay is added; the largest account decides the attributes.

    An account without a parent stands for itself, together with those that name it as theirs.
    """
    engine.make(
        "belonging",
        "select distinct r.account, r.profile, case when s.value = '' then a.account_id else s.value end as account_id "
        f"from runs as r join profiles as p on p.profile = r.profile join segments as s on s.key = '{axis.key}' and s.code = p.{axis.key} "
        "join accounts as a on a.account = r.account",
    )
    engine.make(
        "parents",
        "select cast(row_number() over (order by account_id) - 1 as integer) as account, account_id "
        "from (select distinct account_id from belonging) as b order by account",
    )
    engine.make(
        "lines",
        "select r.account as line, q.account, r.f, r.t, r.mrr as amount, r.profile from runs as r "
        "join belonging as b on b.account = r.account and b.profile = r.profile join parents as q on q.account_id = b.account_id",
    )
    engine.drop("runs", "accounts")
    engine.make("accounts", "select account, account_id from parents order by account")
    engine.drop("belonging", "parents")
    _added(engine, last=last)
    _joined(engine)


def _again(engine: MemoryEngine, name: str, **parameters: int) -> None:
    """``runs`` by a statement that reads runs."""
    engine.make("changed", statement(name), **parameters)
    _renamed(engine, "changed")


def _joined(engine: MemoryEngine) -> None:
    """``runs`` whose equal neighbours are one."""
    engine.make("changed", statement("runs", tables=(("pieces", "runs"),)))
    _renamed(engine, "changed")


def _renamed(engine: MemoryEngine, table: str) -> None:
    engine.drop("runs")
    engine.make("runs", f"select account, profile, f, t, mrr from {table}")
    engine.drop(table)


def _opened(data: Dataset, engine: MemoryEngine) -> Dataset:
    """The ledger as a dataset with the identity of the one it was made of; it reaches back at least as far."""
    first, accounts = engine.rows("select min(f), count(distinct account) from positions")[0]
    profiles = engine.profiles()
    cells = profiles["cell"].astype(np.int32)
    engine.ready(cells=cells, last=data.last)
    counts = dict(engine.rows("select key, count(*) from segments group by key"))
    known = [{"key": a.key, "name": a.name, "origin": a.origin, "count": counts[a.key], "rolled": a.rolled} for a in data.axes]
    made = replace(
        data,
        first=data.first if first is None else min(first, data.first),
        accounts=accounts,
        axes=axes_of(known, profiles, engine),
        cells=cells,
        windows=(),
        engine=engine,
    )
    weakref.finalize(made, engine.close)
    return made
