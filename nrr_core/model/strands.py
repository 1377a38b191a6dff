"""Strands: the lines of an import kept finer than positions, where they name revenue types, subscriptions or currencies.

``model.strands`` (line, account, item, kind, currency, profile, f, t, amount) holds every line of every type in its own
currency; ``model.items`` names the subscriptions, ``model.rates`` the rates of the currencies by stretches of months;
``strand_profiles`` and ``strand_segments`` are what ``profiles`` and ``segments`` are to positions. A file whose lines say
no more than account, month, amount and attributes has none of them.
"""

from collections.abc import Sequence

from nrr_core.model.statements import statement
from nrr_core.model.work import Work
from nrr_core.schema import RATE_UNIT, SHARE

__all__ = ["columns", "said", "split", "write_profiles", "write_strands"]

_COLUMNS = ("item", "kind", "currency", "native")  # of revenue; only some files have them


def said(work: Work) -> tuple[str, ...]:
    """Which columns the table ``revenue`` has besides account, months, amount and attributes."""
    there = {name for name, *_ in work.con.execute("describe revenue").fetchall()}
    return tuple(name for name in _COLUMNS if name in there)


def columns(work: Work, there: Sequence[str]) -> tuple[str, str]:
    """SQL of what ``lines`` get besides, over ``revenue as r``, and the joins it needs; ``amount`` is the line's own currency's."""
    item, currency, joins = "0", "0", ""
    if "item" in there:
        work.table(
            "model.items",
            "select cast(row_number() over (order by item_id) - 1 as integer) as item, item_id "
            "from (select distinct coalesce(item, '') as item_id from revenue) as i order by item",
        )
        item, joins = "i.item", " join model.items as i on i.item_id = coalesce(r.item, '')"
    if "currency" in there:
        _rates(work)
        currency, joins = "k.currency", f"{joins} join currencies as k on k.code = r.currency"
    kind = "r.kind" if "kind" in there else "0"
    said = ((item, "item"), (kind, "kind"), (currency, "currency"))
    return "".join(f", cast({value} as integer) as {name}" for value, name in said), joins


def split(work: Work, there: Sequence[str], *, one_month: bool, last: int) -> None:
    """Turn ``lines`` with all that they say into ``raw_strands``, and ``lines`` of those that count as the dataset is read.

    Only recurring lines count, at the rates of the last month. Strands of lines that last a month are run-length encoded.
    """
    work.con.execute("alter table lines rename to all_lines")
    amount, rated = "l.amount", ""
    if "currency" in there:
        amount = f"cast(share(cast(l.amount as hugeint) * x.rate, {RATE_UNIT}) as bigint)"
        rated = f"join model.rates as x on x.currency = l.currency and x.f <= {last} and x.t > {last} "
    work.table("lines", f"select l.line, l.account, l.f, l.t, {amount} as amount, l.profile from all_lines as l {rated}where l.kind = 0")
    if one_month:
        work.table("raw_strands", statement("strands", tables=(("lines", "all_lines"),)), last=last)
    else:
        end = f"case when t is null or t > {last + 1} then {last + 1} else t end"
        work.table(
            "raw_strands",
            f"select line, account, item, kind, currency, profile, f, {end} as t, amount from all_lines "
            f"where f <= {last} and (t is null or t > f)",
        )
    work.table("seen", "select distinct account, profile, profile as combination from raw_strands")
    work.drop("all_lines")


def _rates(work: Work) -> None:
    """``model.rates`` and the numbers of the currencies, in the order of their codes."""
    work.table(
        "currencies",
        "select cast(row_number() over (order by currency) - 1 as integer) as currency, currency as code "
        "from (select distinct currency from rates) as r order by currency",
    )
    work.table(
        "model.rates", "select k.currency, r.f, r.t, r.rate from rates as r join currencies as k on k.code = r.currency order by all"
    )
    work.con.execute(SHARE)


def write_strands(work: Work) -> None:
    """``model.strands`` with final profiles: those that ``seen`` got."""
    work.table(
        "model.strands",
        "select s.line, s.account, s.item, s.kind, s.currency, p.profile, cast(s.f as integer) as f, cast(s.t as integer) as t, s.amount "
        "from raw_strands as s join strand_profiled as p on p.account = s.account and p.combination = s.profile order by s.account, s.f",
    )
    work.drop("raw_strands", "seen", "strand_profiled")


def write_profiles(work: Work, rolled: Sequence[str]) -> None:
    """``model.strand_profiles``, with cells of the dimensions that the roll-ups carry."""
    cell = f"dense_rank() over (order by {', '.join(rolled)}) - 1" if rolled else "0"
    work.table("model.strand_profiles", f"select *, cast({cell} as integer) as cell from strand_numbered order by profile")
    work.drop("strand_numbered")
