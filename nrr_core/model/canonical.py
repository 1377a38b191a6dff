"""Canonical tables: the accepted lines of an import as Parquet, from which a model can be built again at any time.

``revenue`` (row, account_id, f, t, amount, d…; item, kind, currency and native where its lines say that), ``attributes`` (account_id,
d…; where a second file was read), ``rates`` (currency, f, t, rate; where currencies are converted), ``problems`` and ``quarantine``.
Columns carry canonical names; the file's own names are data, in the recipe.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from nrr_core.errors import AccessError
from nrr_core.model.build import Column, build
from nrr_core.schema import UNIT

__all__ = ["RECIPE_FILE", "TABLES", "Part", "Recipe", "rebuild", "write_canonical"]

TABLES = ("revenue", "attributes", "rates", "problems", "quarantine")
RECIPE_FILE = "recipe.json"
_ORDER = {"revenue": "row", "attributes": "account_id", "rates": "currency, f", "problems": "rule, row, line", "quarantine": "row, line"}


@dataclass(frozen=True)
class Recipe:
    """What a model is built with besides the tables: dimensions, kind of lines, last month, and the import's facts."""

    columns: tuple[Column, ...]
    one_month: bool
    last: int
    facts: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"columns": [asdict(c) for c in self.columns], "one_month": self.one_month, "last": self.last, "facts": dict(self.facts)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Recipe":
        """The recipe that ``as_dict`` wrote."""
        return cls(tuple(Column(**c) for c in values["columns"]), values["one_month"], values["last"], values["facts"])


@dataclass(frozen=True)
class Part:
    """A part of a dataset that stands by itself: what is left out of it is not in its files at all.

    Attributes
    ----------
    sha256
        Identity of the part; its numbers differ from the whole's, so its hash does.
    said
        Where it comes from, in words, for the stamp and the Data page.
    keep
        Dimension key and segment: only accounts whose latest segment is this one.
    secret
        Where given, ids become “Account 0001” in an order that only this secret knows.
    without
        Keys of dimensions that are left out.

    """

    sha256: str
    said: str
    keep: tuple[str, str] | None = None
    secret: str | None = None
    without: tuple[str, ...] = ()


def write_canonical(con: duckdb.DuckDBPyConnection, target: Path, recipe: Recipe) -> None:
    """Write an import's tables and recipe to ``target``, which exists; the caller makes them durable."""
    present = {name for (name,) in con.execute("select table_name from information_schema.tables").fetchall()}
    for table in TABLES:
        if table in present:
            con.execute(
                f"copy (select * from {table} order by {_ORDER[table]}) to '{target / table}.parquet' (format parquet, compression zstd)"
            )
    (target / RECIPE_FILE).write_text(json.dumps(recipe.as_dict()), encoding="utf-8")


def rebuild(
    files: Mapping[str, Path], recipe: Recipe, target: Path, *, part: Part | None = None, memory: str = "2GB", tables_to: Path | None = None
) -> Recipe:
    """Write ``target/model.duckdb`` from canonical files; with ``part``, of that part only. Returns the recipe used.

    ``tables_to`` keeps the part's own canonical tables as well, for a copy that lives on by itself.
    """
    config: dict[str, str | bool | int | float | list[str]] = {"memory_limit": memory, "threads": 2}
    con = duckdb.connect(":memory:", config=config)
    try:
        con.execute("set TimeZone = 'UTC'")
        con.execute("set autoinstall_known_extensions = false")
        con.execute(f"set temp_directory = '{target / 'spill'}'")
        for table, path in files.items():
            if table not in TABLES:
                raise KeyError(table)
            con.execute(f"create table {table} as select * from read_parquet($path)", {"path": str(path)})
        if part is not None:
            recipe = _narrow(con, recipe, part, attributed="attributes" in files)
        if tables_to is not None:
            write_canonical(con, tables_to, recipe)
        build(con, target, columns=recipe.columns, one_month=recipe.one_month, last=recipe.last, facts=recipe.facts)
    finally:
        con.close()
    return recipe


def _narrow(con: duckdb.DuckDBPyConnection, recipe: Recipe, part: Part, *, attributed: bool) -> Recipe:
    """Take everything out of the tables that the part must not hold; returns the part's recipe."""
    if part.keep:
        _keep(con, recipe.columns, *part.keep, attributed=attributed)
    if part.secret is not None:
        _rename(con, part.secret, attributed=attributed)
    for key in part.without:
        origin = next(c.origin for c in recipe.columns if c.key == key)
        con.execute(f"alter table {'attributes' if origin == 'accounts' else 'revenue'} drop column {key}")
    for table in ("problems", "quarantine"):
        con.execute(f"delete from {table}")  # their rows quote the file, whoever it belongs to
    columns = tuple(c for c in recipe.columns if c.key not in part.without)
    report = _reduced(con, recipe.facts["report"], columns, part)
    return Recipe(columns, recipe.one_month, recipe.last, dict(recipe.facts) | {"sha256": part.sha256, "report": report})


def _keep(con: duckdb.DuckDBPyConnection, columns: Sequence[Column], key: str, segment: str, *, attributed: bool) -> None:
    """Only the accounts whose latest segment is this one."""
    origin = next(c.origin for c in columns if c.key == key)
    if origin == "accounts":
        latest = f"select account_id from attributes where coalesce({key}, '') = $segment"
    else:
        latest = (
            f"select account_id from (select account_id, {key} as segment, row_number() over (partition by account_id "
            f"order by f desc, row desc) as place from revenue) as l where place = 1 and coalesce(segment, '') = $segment"
        )
    con.execute(f"create table kept as {latest}", {"segment": segment})
    for table in ("revenue", "attributes")[: 2 if attributed else 1]:
        con.execute(f"delete from {table} where account_id not in (select account_id from kept)")
    con.execute("drop table kept")
    if not con.execute("select exists (select 1 from revenue)").fetchall()[0][0]:
        raise AccessError("None of the accounts of this dataset are yours. Ask an owner of the workspace if that surprises you.")


def _rename(con: duckdb.DuckDBPyConnection, secret: str, *, attributed: bool) -> None:
    """Replace every account id, and every subscription's, by a number in an order that says nothing."""
    both = "select account_id from revenue" + (" union select account_id from attributes" if attributed else "")
    _pseudonyms(con, secret, both, column="account_id", word="Account")
    for table in ("revenue", "attributes")[: 2 if attributed else 1]:
        con.execute(f"update {table} set account_id = r.name from renamed as r where r.account_id = {table}.account_id")
    con.execute("drop table renamed")
    if "item" in {name for name, *_ in con.execute("describe revenue").fetchall()}:
        _pseudonyms(con, secret, "select item from revenue where coalesce(item, '') <> ''", column="item", word="Subscription")
        con.execute("update revenue set item = r.name from renamed as r where r.item = revenue.item")
        con.execute("drop table renamed")


def _pseudonyms(con: duckdb.DuckDBPyConnection, secret: str, texts: str, *, column: str, word: str) -> None:
    """``renamed``: a name with a number for each text."""
    place = f"cast(row_number() over (order by sha256($secret || {column})) as varchar)"
    width = "cast(greatest(4, length(cast(count(*) over () as varchar))) as integer)"
    con.execute(
        f"create table renamed as select {column}, '{word} ' || lpad({place}, {width}, '0') as name "
        f"from (select distinct {column} from ({texts}) as b) as a",
        {"secret": secret},
    )


def _reduced(con: duckdb.DuckDBPyConnection, report: Mapping[str, Any], columns: Sequence[Column], part: Part) -> dict[str, Any]:
    """The report of a part: its own counts and sums, and nothing that quotes the file."""
    rows, total = con.execute("select count(*), coalesce(sum(amount), 0) from revenue").fetchall()[0]
    return dict(report) | {
        "layout_reason": part.said, "ignored": [], "problems": [], "questions": [], "preview": [[]],
        "dimensions": [{"key": c.key, "name": c.name, "origin": c.origin} for c in columns],
        "lines_total": rows, "lines_unaccounted": 0, "line_kinds": [["data", rows]], "rows_accepted": rows, "rows_repaired": 0,
        "rows_quarantined": 0, "sum_accepted": f"{Decimal(total) / UNIT:f}",
        "sum_quarantined": "0.00", "accounts_unknown": 0, "accounts_missing": 0,
    }  # fmt: skip
