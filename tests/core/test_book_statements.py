"""The statements of owners, reasons and early churn: equal answers on two engines, and one row for each grain."""

import sqlite3

import duckdb
import pytest
from test_statements import TABLES, ledger

from nrr_core.model.statements import statement

STEPS = (
    ("pieces", "months", {"last": 24_024}),
    ("runs", "runs", {}),
    ("positions", "positions", {}),
    ("held", "held", {"open": 24_006, "close": 24_018}),
    ("handovers", "handovers", {"open": 24_006, "close": 24_018}),
    ("last_profiles", "last_profiles", {}),
    ("coded", "coded", {"open": 24_006, "close": 24_018}),
    ("early", "early", {"since": 24_000, "until": 24_009, "early": 4}),
)
KEYS = {"held": 2, "handovers": 2, "last_profiles": 1, "coded": 1, "early": 1}


def answers(con, marker):
    for name, columns in TABLES.items():
        con.execute(f"create table {name} ({columns})")
    rows = ledger(one_month=True)
    con.executemany(f"insert into lines values ({', '.join('?' * len(rows[0]))})", rows)
    con.executemany("insert into chosen values (?, ?)", [(k, k // 2) for k in range(6)])
    found = {}
    for table, name, parameters in STEPS:
        sql = statement(name, marker=marker)
        found[name] = sorted(con.execute(sql, parameters).fetchall(), key=repr)
        if table in {"pieces", "runs", "positions"}:
            con.execute(f"create table {table} as {statement(name, literals=tuple(parameters.items()))}")
    return found


@pytest.fixture(scope="module")
def both():
    with duckdb.connect() as duck:
        first = answers(duck, "$")
    lite = sqlite3.connect(":memory:")
    second = answers(lite, ":")
    lite.close()
    return first, second


@pytest.mark.parametrize("name", KEYS)
def test_two_engines_give_equal_answers(both, name):
    first, second = both
    assert first[name] == second[name]
    assert len(first[name]) > 2


@pytest.mark.parametrize(("name", "key"), KEYS.items())
def test_the_grain_is_unique(both, name, key):
    keys = [row[:key] for row in both[0][name]]
    assert len(set(keys)) == len(keys)
