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

_SHORT = 2.5  # months that a line lasts on average, up to which adding month by month costs less


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
    _joined(engine)
    engine.make("positions", statement("positions"))
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
    if how.items:
        _to_items(engine, data)
    _crowded(engine)
    if data.detail is not None and data.detail.currencies:
        _convert(engine, data, how.rates or data.last)
    _added(engine, last=data.last)


def _convert(engine: MemoryEngine, data: Dataset, month: int) -> None:
    """``lines`` in the base currency: at the rates of one month, or month by month where rates change, at those of each."""
    engine.take("taken", data.engine.export("rates"))
    amount = f"cast(share(cast(l.amount as hugeint) * x.rate, {RATE_UNIT}) as bigint) as amount"
    if month > 0:
        engine.make(
            "converted",
            f"select l.line, l.account, l.f, l.t, {amount}, l.profile "
            f"from lines as l join taken as x on x.currency = l.currency and x.f <= {month} and x.t > {month}",
        )
    else:
        first, end = engine.rows("select coalesce(min(f), 0), coalesce(max(t), 0) from lines")[0]
        engine.make(
            "monthly",
            "select currency, rate, unnest(range(greatest(f, $first), least(t, $end))) as m, "
            "count(*) over (partition by currency) as steps from taken where f < $end and t > $first",
            first=first, end=end,
        )  # fmt: skip
        engine.make("changing", "select distinct currency from monthly where steps > 1")
        engine.make(
            "converted",
            f"select l.line, l.account, l.f, l.f + 1 as t, {amount}, l.profile from (select line, account, currency, amount, "
            "profile, unnest(range(f, t)) as f from lines where currency in (select currency from changing)) as l "
            f"join monthly as x on x.currency = l.currency and x.m = l.f union all select l.line, l.account, l.f, l.t, {amount}, "
            "l.profile from lines as l join monthly as x on x.currency = l.currency and x.m = l.f "
            "where l.currency not in (select currency from changing)",
        )
        engine.drop("monthly", "changing")
    engine.let_go("taken")
    engine.rename("converted", "lines")


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
        "select l.line, u.unit as account, l.currency, l.f, l.t, l.amount, l.profile from lines as l "
        "join units as u on u.account = l.account and u.item = l.item",
    )
    engine.rename("owned", "lines")
    engine.drop("accounts")
    engine.make("accounts", "select unit as account, account_id from units order by unit")
    engine.drop("units")


def _crowded(engine: MemoryEngine) -> None:
    """``crowded``: accounts of which two lines are alive at a time."""
    engine.make(
        "crowded",
        "select distinct account from (select account, f < max(t) over (partition by account order by f, t "
        "rows between unbounded preceding and 1 preceding) as along from lines) as l where along",
    )


def _added(engine: MemoryEngine, *, last: int) -> None:
    """``runs`` of ``lines``: those of ``crowded`` accounts are added, which costs more than the others, that stand as they are.

    Equal neighbours are not joined. Lines that last a month or little more are added month by month, which costs less.
    """
    engine.make(
        "shared", "select l.line, l.account, l.f, l.t, l.amount, l.profile from lines as l join crowded as c on c.account = l.account"
    )
    lines, months = engine.rows("select count(*), coalesce(sum(t - f), 0) from shared")[0]
    if months < lines * _SHORT:
        engine.make(
            "each",
            "select line, account, cast(f as integer) as f, cast(f + 1 as integer) as t, amount, profile "
            "from (select line, account, unnest(range(f, t)) as f, amount, profile from shared) as s",
        )
        engine.rename("each", "shared")
    engine.make("added", statement("months" if months < lines * _SHORT else "spans", tables=(("lines", "shared"),)), last=last)
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
    _crowded(engine)
    _added(engine, last=last)


def _again(engine: MemoryEngine, name: str, **parameters: int) -> None:
    """``runs`` by a statement that reads runs."""
    engine.make("changed", statement(name), **parameters)
    engine.rename("changed", "runs")


def _joined(engine: MemoryEngine) -> None:
    """``runs`` whose equal neighbours are one."""
    engine.make("changed", statement("runs", tables=(("pieces", "runs"),)))
    engine.rename("changed", "runs")


def _opened(data: Dataset, engine: MemoryEngine) -> Dataset:
    """The ledger as a dataset with the identity of the one it was made of; it reaches back at least as far."""
    first, accounts = engine.rows("select min(f), count(distinct account) from positions")[0]
    profiles = engine.profiles()
    cells = profiles["cell"].astype(np.int32)
    engine.ready(cells=cells, last=data.last)
    counts = dict(engine.rows("select key, count(*) from segments group by key"))
    known = [{"key": a.key, "name": a.name, "origin": a.origin, "count": counts.get(a.key, 0), "rolled": a.rolled} for a in data.axes]
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
