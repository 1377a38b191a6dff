"""From revenue lines to a dataset folder: ids, profiles, positions, pairs and roll-ups, once per import."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from nrr_core.model import strands
from nrr_core.model.statements import statement
from nrr_core.model.work import Work

__all__ = ["PREPARED", "Column", "build"]

PREPARED = (1, 3, 12)  # window lengths in months that every dataset has ready
_WINDOWED = ("kept", "arrivals", "transfers")
_CELLS_AT_LEAST = 5_000  # so few cells cost nothing, whatever the number of pairs
_BITS = 62  # months that fit the bits of one integer


@dataclass(frozen=True, slots=True)
class Column:
    """A dimension as the import hands it over: canonical key (``d1`` …), name in the file, file of origin."""

    key: str
    name: str
    origin: str


def build(
    con: duckdb.DuckDBPyConnection,
    target: Path,
    *,
    columns: Sequence[Column],
    one_month: bool,
    last: int,
    facts: Mapping[str, Any],
) -> None:
    """Write ``target/model.duckdb`` from the tables ``revenue`` and ``attributes`` of an import.

    Parameters
    ----------
    con
        The import's connection.
    columns
        The dimensions; those of origin ``accounts`` are columns of ``attributes``.
    one_month
        Every line lasts one month (snapshots and wide sheets), so months.sql serves instead of spans.sql.
    last
        The last month that counts.
    facts
        Name, sha256 and report, kept with the model.

    """
    work = Work(con)
    con.execute(f"attach '{target / 'model.duckdb'}' as model")
    there = strands.said(work)
    _lines(work, [c.key for c in columns if c.origin != "accounts"], there)
    if there:
        strands.split(work, there, one_month=one_month, last=last)
        _profiles(work, columns, runs="seen", carried=("combination",), prefix="strand_")
        strands.write_strands(work)
    _runs(work, one_month=one_month, last=last)
    counts = _profiles(work, columns, runs="runs", carried=("f", "t", "mrr"))
    work.drop("combinations")
    positions = statement("positions", tables=(("runs", "profiled"),))
    work.table("model.positions", f"select * from ({positions}) as p order by account, f")
    work.drop("runs", "profiled")
    rolled = _roll_up(work, counts, last=last)
    if there:
        strands.write_profiles(work, rolled)
    first, accounts = work.one("select min(f), count(distinct account) from model.positions")
    meta = dict(facts) | {
        "first": last if first is None else first,
        "last": last,
        "accounts": accounts,
        "windows": list(PREPARED),
        "axes": [{"key": c.key, "name": c.name, "origin": c.origin, "count": counts[c.key], "rolled": c.key in rolled} for c in columns],
    }
    for listed in ("problems", "quarantine"):
        work.table(f"model.{listed}", f"select * from {listed}")
    con.execute("create table model.meta (key varchar, value varchar)")
    con.execute("insert into model.meta values ('dataset', $meta)", {"meta": json.dumps(meta)})
    con.execute("detach model")


def _lines(work: Work, keys: Sequence[str], there: Sequence[str]) -> None:
    """``lines``: revenue with integers for the account, for the combination of its attributes in the file, and for what else it says."""
    work.table(
        "model.accounts",
        "select cast(row_number() over (order by account_id) - 1 as integer) as account, account_id "
        "from (select distinct account_id from revenue) as a order by account",
    )
    if not keys:
        work.table("combinations", "select cast(0 as integer) as profile")
        joined, profile = "", "0"
    else:
        blank = ", ".join(f"coalesce({k}, '') as {k}" for k in keys)
        order = ", ".join(keys)
        work.table(
            "combinations",
            f"select cast(row_number() over (order by {order}) - 1 as integer) as profile, {order} "
            f"from (select distinct {blank} from revenue) as c",
        )
        same = " and ".join(f"c.{k} = coalesce(r.{k}, '')" for k in keys)
        joined, profile = f"join combinations as c on {same}", "c.profile"
    besides, joins = strands.columns(work, there) if there else ("", "")
    amount = "r.native" if "native" in there else "r.amount"
    work.table(
        "lines",
        f"select r.row as line, a.account, r.f, r.t, {amount} as amount, cast({profile} as integer) as profile{besides} "
        f"from revenue as r join model.accounts as a on a.account_id = r.account_id {joined}{joins}",
    )


def _runs(work: Work, *, one_month: bool, last: int) -> None:
    """``runs`` from ``lines``, by the statement that does no more than the lines need."""
    if one_month and _single(work):
        work.con.execute(f"create view pieces as {statement('single', literals=(('last', last),))}")
        work.table("runs", statement("runs"))
        work.con.execute("drop view pieces")
    else:
        work.table("pieces", statement("months" if one_month else "spans"), last=last)
        work.table("runs", statement("runs"))
        work.drop("pieces")
    work.drop("lines")


def _single(work: Work) -> bool:
    """Whether no account has two lines in one month, by counting the bits of each account's months."""
    low, high = work.one("select min(f), max(f) from lines")
    if low is None or high - low >= _BITS:
        return False
    months = f"bit_count(bit_or(cast(1 as bigint) << (f - {low})))"
    return not work.one(f"select exists (select 1 from lines group by account having count(*) > {months})")[0]


def _profiles(work: Work, columns: Sequence[Column], *, runs: str, carried: Sequence[str], prefix: str = "") -> dict[str, int]:
    """``profiled``: the runs with their final profile; ``numbered`` and ``model.segments``. Returns segments per key.

    ``carried`` are the columns of the runs besides account and profile; ``prefix`` stands before the names of what is made.
    """
    attributes = [c.key for c in columns if c.origin == "accounts"]
    keys = [c.key for c in columns]
    with_attributes = f"{runs} as r join combinations as c on c.profile = r.profile"
    if attributes:
        with_attributes += " join model.accounts as a on a.account = r.account left join attributes as x on x.account_id = a.account_id"
    values = [f"coalesce(x.{k}, '')" if k in attributes else f"c.{k}" for k in keys]
    selected = "".join(f", {v} as {k}" for v, k in zip(values, keys, strict=True))
    taken = "".join(f", r.{name}" for name in carried)
    work.table("wide", f"select r.account{taken}{selected} from {with_attributes}")
    segments = f"model.{prefix}segments"
    work.con.execute(f"create table {segments} (key varchar, code integer, value varchar)")
    for k in keys:
        work.con.execute(
            f"insert into {segments} select '{k}', row_number() over (order by value) - 1, value "
            f"from (select distinct {k} as value from wide) as v"
        )
    codes = "".join(f", s{k}.code as {k}" for k in keys)
    joins = "".join(f" join {segments} as s{k} on s{k}.key = '{k}' and s{k}.value = w.{k}" for k in keys)
    taken = "".join(f", w.{name}" for name in carried)
    work.table("coded", f"select w.account{taken}{codes} from wide as w{joins}")
    order = ", ".join(keys) or "1"
    distinct = f"(select distinct {order} from coded)" if keys else "(select 0 as nothing)"
    listed = "".join(f", {k}" for k in keys)
    work.table(
        f"{prefix}numbered",
        f"select cast(row_number() over (order by {order}) - 1 as integer) as profile{listed} from {distinct} as p",
    )
    same = " and ".join(f"n.{k} = c.{k}" for k in keys) or "true"
    taken = "".join(f", c.{name}" for name in carried)
    work.table(f"{prefix}profiled", f"select c.account, n.profile{taken} from coded as c join {prefix}numbered as n on {same}")
    work.drop("wide", "coded")
    return {k: work.one(f"select count(*) from {segments} where key = '{k}'")[0] for k in keys}


def _roll_up(work: Work, counts: Mapping[str, int], *, last: int) -> list[str]:
    """Pairs and roll-ups of the prepared windows; returns the keys of the dimensions that the roll-ups carry."""
    place = (("positions", "model.positions"),)
    for months in PREPARED:
        pairs = statement("pairs", tables=place)
        work.table(f"model.pairs_{months}", f"select * from ({pairs}) as p order by account, f", months=months)
    rolled = _rolled_keys(work, counts)
    work.table("model.rolled_base", statement("base", tables=place), floor=0)
    for months in PREPARED:
        places = (*place, ("pairs", f"model.pairs_{months}"))
        for name in _WINDOWED:
            parameters = {"floor": 0} if name == "kept" else {"months": months}
            work.table(f"model.rolled_{name}_{months}", statement(name, tables=places), **parameters)
    work.table("model.members", statement("members", tables=place), length=1, start=1, last=last)
    places = (*place, ("members", "model.members"))
    work.table("model.rolled_cohorts", statement("cohorts", tables=places))
    work.table("model.rolled_cohort_sizes", statement("cohort_sizes", tables=places))
    work.drop("model.members", "chosen", "numbered")
    return rolled


def _rolled_keys(work: Work, counts: Mapping[str, int]) -> list[str]:
    """Choose the dimensions the roll-ups carry, give each profile its cell, and leave both as tables.

    A roll-up with as many cells × months as there are pairs saves nothing. Dimensions enter by ascending number of
    segments while the combinations stay below a quarter of that.
    """
    pairs = work.one(f"select count(*) from model.pairs_{PREPARED[-1]}")[0]
    months = work.one("select coalesce(max(f) - min(f), 0) + 1 from model.positions")[0]
    most = max(_CELLS_AT_LEAST, pairs // (4 * months))
    rolled: list[str] = []
    for key in sorted(counts, key=lambda k: (counts[k], k)):
        listed = ", ".join([*rolled, key])
        if work.one(f"select count(*) from (select distinct {listed} from numbered) as c")[0] <= most:
            rolled.append(key)
    cell = f"dense_rank() over (order by {', '.join(rolled)}) - 1" if rolled else "0"
    work.table("model.profiles", f"select *, cast({cell} as integer) as cell from numbered order by profile")
    work.table("chosen", "select profile, cell as segment from model.profiles")
    return rolled
