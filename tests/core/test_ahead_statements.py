"""The statements of scenarios: equal on two engines, one row per grain, and the windows they add up to."""

import random
import sqlite3

import duckdb
import pytest

from nrr_core.model.statements import statement

TABLES = {
    "lines": "line bigint, account integer, f integer, t integer, amount bigint, profile integer, "
    "item integer, kind integer, currency integer",
    "chosen": "profile integer, segment integer", "grouped": "profile integer, place integer",
}  # fmt: skip
START, SINCE = 24_015, 24_006
MODEL = [
    ("one_each", "single", {"last": 24_020}),
    ("pieces", "spans", {"last": 24_020}),
    ("runs", "runs", {}),
    ("positions", "positions", {}),
]
ASKED = {
    "standing": {"start": START, "since": SINCE, "floor": 20_000, "settled": 0},
    "known_since": {"start": START},
    "settled_so_far": {"start": START, "floor": 20_000},
    "flows_so_far": {"start": START, "since": SINCE, "floor": 20_000, "settled": 1},
    "passing_so_far": {"start": START, "since": SINCE},
    "roster": {"start": START, "since": SINCE},
}


def answers(con, marker, asked):
    chance = random.Random(5)
    for name, columns in TABLES.items():
        con.execute(f"create table {name} ({columns})")
    rows = []
    for line in range(500):
        f = 24_000 + chance.randrange(18)
        t = chance.choice([None, f + chance.randrange(1, 7), f + chance.randrange(1, 7)])
        rows.append((line, chance.randrange(40), f, t, chance.choice([10_000, 20_000, 35_001, -5_000]), chance.randrange(6), 0, 0, 0))
    con.executemany("insert into lines values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    con.executemany("insert into chosen values (?, ?)", [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2)])
    con.executemany("insert into grouped values (?, ?)", [(p, p % 2) for p in range(6)])
    for table, name, given in MODEL:
        sql = statement(name, marker=marker)
        for key, value in given.items():
            sql = sql.replace(f"{marker}{key}", str(value))
        con.execute(f"create table {table} as {sql}")
    return {name: sorted(con.execute(statement(name, marker=marker), given).fetchall()) for name, given in asked.items()}


@pytest.fixture(scope="module")
def found():
    with duckdb.connect() as duck:
        return answers(duck, "$", ASKED)


def test_duckdb_and_sqlite_give_equal_answers(found):
    lite = sqlite3.connect(":memory:")
    second = answers(lite, ":", ASKED)
    lite.close()
    for name, rows in found.items():
        assert rows, name
        assert rows == second[name], name


def test_a_parameter_that_is_left_at_nothing_shows():
    """The control: without the smallest opening, or with segments of the opening, other rows come out."""
    plain = ASKED | {"flows_so_far": ASKED["flows_so_far"] | {"settled": 0}, "standing": ASKED["standing"] | {"floor": 0}}
    with duckdb.connect() as duck:
        other = answers(duck, "$", plain)
    with duckdb.connect() as duck:
        same = answers(duck, "$", ASKED)
    assert other["flows_so_far"] != same["flows_so_far"]
    assert other["standing"] != same["standing"]


@pytest.mark.parametrize(
    ("name", "key"), [("standing", 3), ("known_since", 3), ("settled_so_far", 2), ("flows_so_far", 2), ("passing_so_far", 2)]
)
def test_grain_is_unique(found, name, key):
    keys = [row[:key] for row in found[name]]
    assert len(set(keys)) == len(keys)
