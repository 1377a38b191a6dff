"""Ledgers made of another dataset's positions, or of the lines that its import kept, by the model's own statements."""

import weakref
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nrr_core.dataset import Axis, Dataset
from nrr_core.engines.duckdb import axes_of
from nrr_core.engines.memory import MemoryEngine
from nrr_core.model.statements import statement

__all__ = ["Derivation", "derive"]


@dataclass(frozen=True, slots=True)
class Derivation:
    """What a ledger does otherwise than the dataset it is made of; without any difference, it is that dataset.

    Attributes
    ----------
    parent
        Name of the dimension that names each account's parent: accounts of one parent are one.
    gap
        Gaps of at most so many months that end in a return are filled.
    latest
        Every month carries the attributes of the account's last one.

    """

    parent: str = ""
    gap: int = 0
    latest: bool = False


def derive(data: Dataset, how: Derivation) -> Dataset:
    """The ledger, held in memory; it goes when nobody holds it any more."""
    engine = MemoryEngine()
    axes = _from_positions(engine, data)
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
    return _opened(data, engine, axes)


def _from_positions(engine: MemoryEngine, data: Dataset) -> Callable[[], tuple[Axis, ...]]:
    """``runs`` as they are in the dataset, with its accounts, profiles and segments."""
    for name in ("accounts", "profiles", "segments"):
        engine.take("taken", data.engine.export(name))
        engine.make(name, "select * from taken")
        engine.let_go("taken")
    engine.take("taken", data.engine.export("positions"))
    engine.make("runs", "select account, profile, f, t, mrr from taken")
    engine.let_go("taken")
    facts = [{"key": a.key, "name": a.name, "origin": a.origin, "count": a.count, "rolled": a.rolled} for a in data.axes]
    return lambda: axes_of(facts, engine.profiles(), engine)


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
        "select cast(row_number() over (order by account_id) - 1 as integer) as account, account_id, members "
        "from (select account_id, count(distinct account) as members from belonging group by account_id) as b order by account",
    )
    engine.make(
        "lines",
        "select r.account as line, q.account, r.f, r.t, r.mrr as amount, r.profile, q.members from runs as r "
        "join belonging as b on b.account = r.account and b.profile = r.profile join parents as q on q.account_id = b.account_id",
    )
    engine.make("shared", "select line, account, f, t, amount, profile from lines where members > 1")
    engine.make("added", statement("spans", tables=(("lines", "shared"),)), last=last)
    engine.drop("runs", "accounts")
    engine.make("runs", "select account, profile, f, t, mrr from added union all "
                "select account, profile, f, t, amount as mrr from lines where members = 1")  # fmt: skip
    engine.make("accounts", "select account, account_id from parents order by account")
    engine.drop("belonging", "parents", "lines", "shared", "added")
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


def _opened(data: Dataset, engine: MemoryEngine, axes: Callable[[], tuple[Axis, ...]]) -> Dataset:
    """The ledger as a dataset with the identity of the one it was made of; it reaches back at least as far."""
    first, accounts = engine.one("select min(f), count(distinct account) from positions")
    cells = engine.profiles()["cell"].astype(np.int32)
    engine.ready(cells=cells, last=data.last)
    made = Dataset(
        path=data.path, name=data.name, sha256=data.sha256, first=data.first if first is None else min(first, data.first),
        last=data.last, accounts=accounts, axes=axes(), cells=cells, windows=(), report=data.report, engine=engine,
        scope=data.scope, detail=data.detail,
    )  # fmt: skip
    weakref.finalize(made, engine.close)
    return made
