"""The SQL files: a portable subset, the same answers on two engines, readable for two more dialects."""

import random
import re
import sqlite3

import duckdb
import pytest
import sqlglot

from nrr_core.model.statements import STATEMENTS, statement, text

FORBIDDEN = {
    "least or greatest": r"\b(least|greatest)\s*\(", "filter clause": r"\bfilter\s*\(", "qualify": r"\bqualify\b",
    "group by all": r"group by all", "exclude": r"\bexclude\b", "unnest": r"\bunnest\b", "cast operator": r"::",
    "division": r"(?<![-*/])/(?![*/])", "date function": r"\b(date_trunc|date_diff|strftime|extract|now)\s*\(",
    "list or map": r"[\[{]", "star": r"select \*", "asof": r"\basof\b",
}  # fmt: skip


@pytest.mark.parametrize("name", STATEMENTS)
def test_statement_stays_in_the_portable_subset(name):
    sql = statement(name).lower()
    for what, pattern in FORBIDDEN.items():
        assert not re.search(pattern, sql), f"{name}.sql uses {what}"
    if " is distinct from " in sql:
        assert re.search(r"\([a-z_.]+ is distinct from [a-z_.]+\)", sql), "parentheses around is distinct from"


@pytest.mark.parametrize("name", STATEMENTS)
def test_statement_names_grain_inputs_and_parameters(name):
    header = text(name).split("select")[0]
    assert "Grain:" in header
    assert "Inputs:" in header
    used = set(re.findall(r"(?<![:\w]):([a-z_]+)", re.sub(r"--[^\n]*", "", text(name))))
    assert all(f":{parameter}" in header for parameter in used), used


@pytest.mark.parametrize("name", STATEMENTS)
@pytest.mark.parametrize("dialect", ["spark", "postgres", "duckdb", "sqlite"])
def test_statement_parses_in_every_dialect(name, dialect):
    parsed = sqlglot.parse(statement(name, marker=":"), read=dialect)
    assert len(parsed) == 1
    assert parsed[0].find(sqlglot.exp.Select)


def test_every_file_is_listed():
    from importlib import resources  # noqa: PLC0415 - used once

    root = resources.files("nrr_core.model")
    files = {f.name[:-4] for f in root.iterdir() if f.name.endswith(".sql")}
    assert files == set(STATEMENTS)


TABLES = {
    "lines": "line bigint, account integer, f integer, t integer, amount bigint, profile integer, "
    "item integer, kind integer, currency integer",
    "wanted": "account integer",
    "chosen": "profile integer, segment integer",
    "due": "profile integer, m integer",
}


def ledger(*, one_month):
    chance = random.Random(11)
    rows = []
    for line in range(400):
        f = 24_000 + chance.randrange(20)
        t = f + 1 if one_month else chance.choice([None, f, f + chance.randrange(1, 9)])
        rows.append(
            (
                line,
                chance.randrange(30),
                f,
                t,
                chance.choice([10_000, 20_000, 35_001, -5_000, 0]),
                chance.randrange(6),
                line % 3,
                line % 2,
                0,
            )
        )
    return rows


def steps(*, one_month):
    """The model in the order the import runs it, then every question."""
    return [
        ("one_each", "single", {"last": 24_024}),
        ("pieces", "months" if one_month else "spans", {"last": 24_024}),
        ("runs", "runs", {}),
        ("positions", "positions", {}),
        ("pairs", "pairs", {"months": 5}),
        ("rolled_base", "base", {"floor": 10_000}),
        ("rolled_kept", "kept", {"floor": 10_000}),
        ("rolled_arrivals", "arrivals", {"months": 5}),
        ("rolled_transfers", "transfers", {"months": 5}),
        ("members", "members", {"length": 3, "start": 2, "last": 24_024}),
        ("rolled_cohorts", "cohorts", {}),
        ("rolled_cohort_sizes", "cohort_sizes", {}),
        ("people", "accounts", {"open": 24_008, "close": 24_020}),
        ("past", "history", {}),
        ("moved", "flows", {"months": 5, "floor": 0, "later": 5, "beyond": 24_040}),
        ("passed", "passing", {"months": 5}),
        ("settled", "settled_base", {"months": 5, "floor": 0, "beyond": 24_040}),
        ("settled_pairs", "settled_kept", {"floor": 10_000}),
        ("revenues", "window_revenue", {"first": 24_004, "middle": 24_009, "until": 24_014, "floor": 0}),
        ("revenue_totals", "window_revenue_totals", {"first": 24_004, "middle": 24_009, "until": 24_014, "floor": 0}),
        ("movement", "moves", {"open": 24_008, "close": 24_020}),
        ("renewed", "renewals", {"floor": 0}),
        ("kept_lines", "strands", {"last": 24_024}),
    ]


def run(con, marker, *, one_month):
    """Every statement's rows, sorted."""
    for name, columns in TABLES.items():
        con.execute(f"create table {name} ({columns})")
    rows = ledger(one_month=one_month)
    con.executemany("insert into lines values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    con.executemany("insert into wanted values (?)", [(1,), (7,)])
    con.executemany("insert into chosen values (?, ?)", [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2)])
    con.executemany("insert into due values (?, ?)", [(p, 24_005 + p + k) for p in range(6) for k in (0, 4, 9)])
    answers = {}
    for table, name, parameters in steps(one_month=one_month):
        sql = statement(name, marker=marker)
        got = con.execute(sql, parameters).fetchall()
        answers[name] = sorted(got, key=repr)
        inlined = sql
        for key, value in parameters.items():
            inlined = re.sub(rf"[{marker}]{key}\b", str(value), inlined)
        con.execute(f"create table {table} as {inlined}")
    return answers


@pytest.mark.parametrize("one_month", [True, False])
def test_duckdb_and_sqlite_give_equal_answers(one_month):
    with duckdb.connect() as duck:
        first = run(duck, "$", one_month=one_month)
    lite = sqlite3.connect(":memory:")
    second = run(lite, ":", one_month=one_month)
    lite.close()
    assert first.keys() == second.keys()
    for name in first:
        assert first[name] == second[name], name
        assert first[name], f"{name} has rows to compare"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("months", 2), ("spans", 2), ("runs", 3), ("base", 2), ("kept", 2), ("arrivals", 2), ("transfers", 3),
        ("members", 1), ("cohorts", 3), ("cohort_sizes", 2), ("accounts", 1), ("flows", 2), ("passing", 2),
        ("settled_base", 2), ("settled_kept", 2), ("window_revenue", 1), ("window_revenue_totals", 1), ("moves", 2), ("renewals", 2),
    ],
)  # fmt: skip
def test_grain_is_unique(name, key):
    with duckdb.connect() as duck:
        rows = run(duck, "$", one_month=name == "months").get(name)
    place = {"runs": [0, 2], "members": [0], "accounts": [0], "window_revenue": [0], "window_revenue_totals": [0]}.get(
        name, list(range(key))
    )
    keys = [tuple(row[i] for i in place) for row in rows]
    assert len(set(keys)) == len(keys)
