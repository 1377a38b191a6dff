"""A second file, of account attributes: one row per account, joined by id; ids unknown to either side are reported."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nrr_core.errors import Verdict
from nrr_core.ingest import attributes
from nrr_core.ingest.formats import find_format
from nrr_core.ingest.mapping import Columns, Found, read_header
from nrr_core.ingest.notes import Notes, shown
from nrr_core.ingest.report import Dimension, Options
from nrr_core.ingest.text_column import tidy

__all__ = ["Joined", "read_accounts"]

_EXAMPLES: Final = 5
_CHOICES: Final = 30  # columns that a question lists


@dataclass(frozen=True)
class Joined:
    """What came of the accounts file: ``unknown`` ids have no revenue, ``missing`` ids have no row in it."""

    dimensions: tuple[Dimension, ...]
    ignored: tuple[tuple[str, str], ...]
    rows: int | None
    unknown: int
    missing: int


def read_accounts(con: Any, source: Path, *, options: Options, work: Path, notes: Notes, first: int, others: set[str]) -> Joined:
    """Read the accounts file into ``attributes`` (account_id, d…), one row per account."""
    own = Notes(options, of="accounts")
    module, head = find_format(source, notes=own)
    opened = module.open_file(source, head, work=work, notes=own)
    columns = read_header(opened.header, opened.sample, notes=own)
    account = columns.find("account_id") or _asked(columns, own)
    own.stop_if_open()
    loaded = opened.load(con, table="account_cells", progress=lambda _share: None)
    own.stop_if_open()
    dimensions, indexes, ignored = attributes.choose(
        con, loaded, columns, used={account.index}, account=account.index, origin="accounts", first=first, others=others
    )
    picked = "".join(f", c{index} as {key}" for key, index in indexes.items())
    of_revenue = con.execute("select sql from duckdb_views() where view_name = 'base'").fetchall()  # revenue reads it
    con.execute(f"create or replace view account_base as select rowid as ordinal, c{account.index} as account{picked} from account_cells")
    values, joins = {}, []
    for role, name in [("account", columns.names[account.index]), *((one.key, one.name) for one in dimensions)]:
        values[role] = f"base.{role}"
        if loaded.untidy and tidy(con, role, column=name, loaded=loaded, notes=own, base="account_base"):
            values[role] = f"case when fix_{role}.text is null then base.{role} else fix_{role}.value end"
            joins.append(f"left join fix_{role} on base.{role} = fix_{role}.text")
    columns_sql = "".join(f", {values[one.key]} as {one.key}" for one in dimensions)
    con.execute(
        f"create or replace table all_attributes as select base.ordinal, {values['account']} as "
        f"account_id{columns_sql} from account_base as base {' '.join(joins)}"
    )
    con.execute("drop view base")
    for (sql,) in of_revenue:
        con.execute(sql)
    _one_each(con, own, dimensions)
    unknown, missing = _compare(con, own)
    notes.take(own)
    return Joined(dimensions, ignored, loaded.records + len(loaded.broken), unknown, missing)


def _asked(columns: Columns, notes: Notes) -> Found:
    """The column that holds the account id, where no name says it."""
    usable = columns.usable()
    options = {
        str(index + 1): f"“{shown(columns.names[index])}”: {', '.join(shown(row[index]) for row in columns.sample[:3] if index < len(row))}"
        for index in usable[:_CHOICES]
    }
    taken = notes.ask("account_id", "No column is named like an account id. Which one holds it?", options)
    return Found(int(taken) - 1 if taken else usable[0], "chosen as the answer to a question")


def _one_each(con: Any, notes: Notes, dimensions: tuple[Dimension, ...]) -> None:
    """Keep the first row of each account; rows without an id, and second rows, are reported."""
    keys = "".join(f", {one.key}" for one in dimensions)
    same = ", ".join(["account_id", *(one.key for one in dimensions)])
    con.execute(
        f"create or replace table attributes as select account_id{keys} from (select *, row_number() over "
        f"(partition by account_id order by ordinal) as n "
        "from all_attributes where account_id is not null) where n = 1"
    )
    blank = con.execute("select count(*) from all_attributes where account_id is null").fetchone()[0]
    if blank:
        notes.add(
            "accounts_blank",
            Verdict.QUARANTINED,
            f"{blank:,} row(s) have no account id and were left out.",
            count=blank,
        )
    different, example = con.execute(
        f"select count(*), min(account_id) from (select account_id from (select distinct {same} from all_attributes "
        f"where account_id is not null) group by 1 having count(*) > 1)"
    ).fetchone()
    if different:
        notes.add(
            "accounts_differ",
            Verdict.WARNING,
            f"{different:,} account(s) have several rows with different values; the first row counts, for example “{shown(example)}”.",
            value=example,
            count=different,
        )
    con.execute("drop table all_attributes")


def _compare(con: Any, notes: Notes) -> tuple[int, int]:
    """Ids of the accounts file without revenue, and ids with revenue that it does not have."""
    con.execute("create or replace table known as select distinct account_id from revenue")
    counts = []
    for rule, here, there, message in (
        ("accounts_unknown", "attributes", "known", "account(s) have no revenue, though the accounts file has them"),
        (
            "accounts_missing",
            "known",
            "attributes",
            "account(s) have revenue but are not in the accounts file; they form the segment (none)",
        ),
    ):
        found = con.execute(
            f"select count(*), list(account_id order by account_id)[1:{_EXAMPLES}] from {here} where account_id not "
            f"in (select account_id from {there})"
        ).fetchone()
        counts.append(int(found[0]))
        if found[0]:
            names = ", ".join(shown(name) for name in found[1])
            notes.add(
                rule,
                Verdict.WARNING,
                f"{found[0]:,} {message}: {names}{' …' if found[0] > _EXAMPLES else ''}",
                value=found[1][0],
                count=int(found[0]),
            )
    con.execute("drop table known")
    return counts[0], counts[1]
