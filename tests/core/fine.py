"""Datasets whose lines name subscriptions, revenue types and currencies, straight from lines; and the same ledgers by plain loops."""

import tempfile
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import duckdb

from nrr_core.engines import open_dataset
from nrr_core.model.build import Column, build

FACTS = {
    "name": "ledger", "sha256": "0" * 64,
    "report": {"rows_accepted": 0, "rows_repaired": 0, "rows_quarantined": 0, "currency": "USD"},
}  # fmt: skip
TYPES = ("recurring", "usage", "one_off")
FOREVER = 1_000_000


@dataclass(frozen=True)
class Line:
    """One line of revenue; amounts in ten-thousandths of its own currency."""

    account: str
    f: int
    t: int | None
    amount: int
    plan: str = ""
    parent: str = ""
    item: str = ""
    kind: int = 0
    currency: str = "USD"


def make(lines, *, last, one_month=False, said=("item", "kind"), rates=None):
    """A dataset; ``rates`` are stretches by currency: {"EUR": [(first month, rate in hundred-millionths), …]}."""
    folder = Path(tempfile.mkdtemp(prefix="nrr-test-"))
    said = (*said, *(("currency", "native") if rates else ()))
    typed = {"item": "varchar", "kind": "integer", "currency": "varchar", "native": "bigint"}
    with duckdb.connect() as con:
        more = "".join(f", {name} {typed[name]}" for name in said)
        con.execute(
            f"create table revenue (row bigint, account_id varchar, f integer, t integer, amount bigint, d1 varchar, d2 varchar{more})"
        )
        for row, one in enumerate(lines, 1):
            values = {"item": one.item, "kind": one.kind, "currency": one.currency, "native": one.amount}
            found = [row, one.account, one.f, one.t, one.amount, one.plan, one.parent, *(values[name] for name in said)]
            con.execute(f"insert into revenue values ({', '.join('?' * len(found))})", found)
        if rates:
            con.execute("create table rates (currency varchar, f integer, t integer, rate bigint)")
            for code, steps in rates.items():
                ends = [*(month for month, _ in steps[1:]), FOREVER]
                for (month, rate), end in zip(steps, ends, strict=True):
                    con.execute("insert into rates values (?, ?, ?, ?)", [code, month, end, rate])
        for listed in ("problems", "quarantine"):
            con.execute(f"create table {listed} (rule varchar)")
        detail = {
            "type_column": "revenue_type" if "kind" in said else "",
            "types": [kind for code, kind in enumerate(TYPES) if any(one.kind == code for one in lines)] if "kind" in said else [],
            "item_column": "subscription_id" if "item" in said else "",
            "currencies": sorted({one.currency for one in lines}) if rates else [],
            "base": "USD" if rates else "",
        }
        columns = [Column("d1", "plan", "revenue"), Column("d2", "parent_id", "revenue")]
        build(con, folder, columns=columns, one_month=one_month, last=last, facts=FACTS | ({"detail": detail} if said else {}))
    return open_dataset(folder, owned=True)


def half_even(amount, rate):
    """Amount × rate in whole ten-thousandths; Python rounds fractions half to even."""
    return round(Fraction(amount * rate, 10**8))


def rate_of(rates, currency, month):
    """The rate of a month, in hundred-millionths."""
    return next(rate for start, rate in reversed(rates[currency]) if start <= month)


def by_account(lines, *, last, kinds, items, rated):
    """{unit: {month: (mrr, (plan, parent))}}: lines added; the largest decides, the first in the file among equals."""
    at = {}
    for one in lines:
        unit = f"{one.account} / {one.item}" if items and one.item else one.account
        for m in range(one.f, last + 1 if one.t is None else min(one.t, last + 1)):
            if one.kind in kinds:
                at.setdefault(unit, {}).setdefault(m, []).append((rated(one, m), (one.plan, one.parent)))
    return added(at)


def added(at):
    """Amounts of one unit and month as one position with the attributes of the largest."""
    return {
        unit: {
            m: (sum(a for a, _ in found), max(enumerate(found), key=lambda e: (e[1][0], -e[0]))[1][1])
            for m, found in months.items()
            if sum(a for a, _ in found) > 0
        }
        for unit, months in at.items()
    }


def by_parent(at):
    """Accounts rolled up: under the parent they name in each month, or under themselves."""
    rolled = {}
    for account in sorted(at):
        for m, (mrr, attributes) in at[account].items():
            rolled.setdefault(attributes[1] or account, {}).setdefault(m, []).append((mrr, attributes))
    return added(rolled)


def bridged(at, gap):
    """Gaps of at most ``gap`` months between two payments filled with what was before them."""
    filled = {}
    for unit, months in at.items():
        filled[unit] = dict(months)
        paid = sorted(months)
        for before, after in pairwise(paid):
            if after - before - 1 <= gap:
                filled[unit] |= dict.fromkeys(range(before + 1, after), months[before])
    return filled


def ledger(lines, *, last, kinds=(0,), grain="account", gap=0, latest=False, rated=lambda one, _month: one.amount):
    """The positions of a card, by plain loops."""
    at = by_account(lines, last=last, kinds=kinds, items=grain == "subscription", rated=rated)
    at = bridged(by_parent(at) if grain == "parent" else at, gap)
    if latest:
        at = {unit: {m: (mrr, months[max(months)][1]) for m, (mrr, _) in months.items()} for unit, months in at.items()}
    return {unit: months for unit, months in at.items() if months}


def positions(data):
    """The same of a dataset, read from its positions."""
    ids = {row["account"]: row["account_id"] for row in data.engine.export("accounts").to_pylist()}
    found = {}
    for row in data.engine.export("positions").to_pylist():
        attributes = tuple(axis.segments[axis.codes[row["profile"]]].replace("(none)", "") for axis in data.axes)
        months = found.setdefault(ids[row["account"]], {})
        for m in range(row["f"], row["t"]):
            assert m not in months, "one position a month"
            months[m] = (row["mrr"], attributes)
    return found
