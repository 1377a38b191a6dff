"""The statements behind intervals and the alarm: equal on two engines, and equal to a plain loop."""

import random
import sqlite3

import duckdb
import pytest

from nrr_core.model.statements import parameters, statement

FROM, TO = 24_000, 24_014
STATEMENTS = ("paying", "settled")
MONTHS = (FROM - 1, FROM, FROM + 6, TO - 1, TO + 3)


def ledger():
    """Random runs (account, profile, f, t, mrr, first paid) with gaps between some of them."""
    luck, runs = random.Random(5), []
    for account in range(40):
        at, first = FROM + luck.randrange(6), None
        while at < TO:
            until = min(at + luck.randrange(1, 6), TO)
            first = at if first is None else first
            runs.append((account, luck.randrange(4), at, until, luck.choice([10_000, 20_000, 31_234]), first))
            at = until + luck.choice([0, 0, 2])
    return runs


def answers(con, marker):
    con.execute("create table positions (account integer, profile integer, f integer, t integer, mrr bigint, first_paid integer)")
    con.executemany("insert into positions values (?, ?, ?, ?, ?, ?)", ledger())
    return {
        (name, month): sorted(con.execute(statement(name, marker=marker), {"month": month}).fetchall())
        for name in STATEMENTS
        for month in MONTHS
    }


@pytest.fixture(scope="module")
def found():
    with duckdb.connect() as con:
        return answers(con, "$")


def test_duckdb_and_sqlite_give_equal_answers(found):
    con = sqlite3.connect(":memory:")
    assert answers(con, ":") == found
    con.close()


def test_paying_is_every_account_in_a_run_with_what_it_pays(found):
    for month in MONTHS:
        wanted = [(account, profile, mrr, first) for account, profile, f, t, mrr, first in ledger() if f <= month < t]
        assert found["paying", month] == sorted(wanted)
    assert not found["paying", FROM - 1]
    assert len(found["paying", FROM + 6]) > 20


def test_settled_is_the_last_run_up_to_the_month(found):
    for month in MONTHS:
        last = {}
        for account, profile, f, _, _, _ in ledger():  # in order of time
            if f <= month:
                last[account] = f * 2**32 + profile
        assert found["settled", month] == sorted(last.items())
    assert len(found["settled", TO + 3]) == 40


def test_a_month_later_is_another_answer(found):
    """Control: what is compared above differs from month to month."""
    assert all(found[name, FROM] != found[name, FROM + 6] for name in STATEMENTS)


def test_every_number_in_a_statement_has_its_parameter():
    assert {name: parameters(name) for name in STATEMENTS} == dict.fromkeys(STATEMENTS, frozenset({"month"}))


def test_the_months_of_courses_are_those_of_paying(found):
    with duckdb.connect() as con, sqlite3.connect(":memory:") as other:
        answers(con, "$")
        answers(other, ":")
        runs = sorted(con.execute(statement("courses")).fetchall())
        assert runs == sorted(other.execute(statement("courses")).fetchall())
    for month in MONTHS:
        at = sorted((account, profile, mrr, first) for account, profile, f, t, mrr, first in runs if f <= month < t)
        assert at == found["paying", month]
