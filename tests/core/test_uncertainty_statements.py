"""The statements behind intervals and the alarm: equal on two engines, and equal to a plain loop."""

import random
import re
import sqlite3

import duckdb
import pytest

from nrr_core.model.statements import statement

FROM, TO = 24_000, 24_014
TABLES = {
    "positions": "account integer, profile integer, f integer, t integer, mrr bigint",
    "pairs": "account integer, profile integer, close_profile integer, opening bigint, closing bigint, f integer, t integer",
    "chosen": "profile integer, segment integer",
    "opens": "segment integer, m integer",
}
MONTHS = 3
CHOSEN = {0: 0, 1: 0, 2: 1}  # profile 3 is filtered out


def ledger():
    """Random runs: account → month → (profile, MRR)."""
    luck = random.Random(5)
    at = {}
    for account in range(40):
        for month in range(FROM, TO):
            if luck.random() < 0.85:
                at.setdefault(account, {})[month] = (luck.randrange(4), luck.choice([10_000, 20_000, 20_000, 31_234, 50_000]))
    return at


def tables(at):
    """Positions and pairs of one month each: the shortest runs there are."""
    positions = [(account, profile, m, m + 1, mrr) for account, months in at.items() for m, (profile, mrr) in months.items()]
    pairs = [
        (account, profile, months[m + MONTHS][0], mrr, months[m + MONTHS][1], m, m + 1)
        for account, months in at.items()
        for m, (profile, mrr) in months.items()
        if m + MONTHS in months
    ]
    wanted = [(segment, m) for segment in (0, 1) for m in (FROM + 2, FROM + 7)]
    return {"positions": positions, "pairs": pairs, "chosen": list(CHOSEN.items()), "opens": wanted}


QUESTIONS = {
    "moments": {"earliest": FROM + 1, "latest": FROM + 9, "floor": 20_000},
    "largest": {"most": 4, "floor": 0},
    "giants": {"most": 4, "floor": 0, "among": 12, "earliest": FROM + 2, "latest": FROM + 7 + MONTHS},
    "gains": {"open": FROM + 2, "most": 5, "floor": 20_000},
}


def fill(con, *, unequal=False):
    """The tables; ``unequal`` makes accounts pay the more the higher their number, so that the largest are the same ones over time."""
    for name, columns in TABLES.items():
        con.execute(f"create table {name} ({columns})")
        rows = tables(ledger())[name]
        con.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", rows)
    if unequal:
        con.execute("update positions set mrr = mrr + 20000 * account")
        con.execute("update pairs set opening = opening + 20000 * account, closing = closing + 20000 * account")


def asked_of(con, name, marker, parameters):
    done = con.execute(statement(name, marker=marker), parameters)
    columns = [one[0] for one in done.description]
    return sorted((dict(zip(columns, map(int, row), strict=True)) for row in done.fetchall()), key=lambda row: tuple(row.values()))


def answers(con, marker):
    fill(con)
    return {name: asked_of(con, name, marker, parameters) for name, parameters in QUESTIONS.items()}


@pytest.fixture(scope="module")
def found():
    with duckdb.connect() as con:
        return answers(con, "$")


def test_duckdb_and_sqlite_give_equal_answers(found):
    con = sqlite3.connect(":memory:")
    other = answers(con, ":")
    con.close()
    assert found == other
    assert all(found.values())


def opened(month, floor):
    """(segment, account, opening, closing) of everybody who pays at the end of a month."""
    for account, months in ledger().items():
        if month in months and months[month][0] in CHOSEN and months[month][1] >= floor:
            yield CHOSEN[months[month][0]], account, months[month][1], months.get(month + MONTHS, (0, 0))[1]


def test_moments_are_the_sums_of_a_plain_loop(found):
    asked = QUESTIONS["moments"]
    sums = {}
    for row in sorted(found["moments"], key=lambda row: row["m"]):
        held = sums.setdefault(row["segment"], {})
        for name, value in row.items():
            if name not in {"segment", "m"}:
                held[name] = held.get(name, 0) + value
        people = [(s, e) for segment, _, s, e in opened(row["m"], asked["floor"]) if segment == row["segment"]]
        assert held == {
            "opening_accounts": len(people),
            "retained_accounts": sum(e > 0 for _, e in people),
            "opening_mrr": sum(s for s, _ in people),
            "closing_mrr": sum(e for _, e in people),
            "kept_mrr": sum(min(s, e) for s, e in people),
            "opening_squared": sum(s * s for s, _ in people),
            "closing_squared": sum(e * e for _, e in people),
            "kept_squared": sum(min(s, e) ** 2 for s, e in people),
            "opening_closing": sum(s * e for s, e in people),
            "opening_kept": sum(s * min(s, e) for s, e in people),
        }
    assert {row["m"] for row in found["moments"]} == set(range(asked["earliest"], asked["latest"] + 1))


def test_the_largest_are_those_of_a_plain_loop(found):
    for segment, month in tables(ledger())["opens"]:
        people = [(max(s, e), -account, s, e) for one, account, s, e in opened(month, 0) if one == segment]
        wanted = [(-account, s, e) for _, account, s, e in sorted(people, reverse=True)[:4]]
        rows = [row for row in found["largest"] if (row["segment"], row["m"]) == (segment, month)]
        assert [(row["account"], row["opening"], row["closing"]) for row in sorted(rows, key=lambda row: row["place"])] == wanted


def rank(rows, place):
    """Accounts of one segment and month in their order, with the weight of each."""
    own = sorted((row for row in rows if (row["segment"], row["m"]) == place), key=lambda row: row["place"])
    return [(row["account"], max(row["opening"], row["closing"])) for row in own]


def test_among_the_giants_are_the_largest_wherever_the_last_one_outweighs_everybody_else():
    """Control: without that condition, looking at few accounts gives others at times."""
    places, sure, wrong = tables(ledger())["opens"], set(), set()
    with duckdb.connect() as con:
        fill(con, unequal=True)
        largest = asked_of(con, "largest", "$", QUESTIONS["largest"])
        for among in range(4, 40):
            giants = asked_of(con, "giants", "$", QUESTIONS["giants"] | {"among": among})
            for place in places:
                own = rank(giants, place)
                sure |= {(among, place)} if len(own) == 4 and own[-1][1] > giants[0]["others"] else set()
                wrong |= {(among, place)} if own != rank(largest, place) else set()
    assert sure
    assert wrong
    assert not sure & wrong


def test_gains_are_those_of_a_plain_loop(found):
    asked = QUESTIONS["gains"]
    for segment in (0, 1):
        grown = sorted(((e - s, -a) for one, a, s, e in opened(asked["open"], asked["floor"]) if one == segment and e > s), reverse=True)
        rows = sorted((row for row in found["gains"] if row["segment"] == segment), key=lambda row: row["place"])
        assert [(row["gain"], -row["account"]) for row in rows] == grown[:5]


def test_products_do_not_outgrow_their_numbers():
    """Accounts of 10¹³ currency units each: their squares are beyond 64 bits, exact to the last digit; their order too."""
    amount = 10**17
    with duckdb.connect() as con:
        for name, columns in TABLES.items():
            con.execute(f"create table {name} ({columns})")
        con.executemany("insert into positions values (?, 0, 1, 2, ?)", [(account, amount + account) for account in range(50)])
        con.execute("insert into chosen values (0, 0)")
        con.execute("insert into opens values (0, 1)")
        largest = con.execute(statement("largest"), {"most": 2, "floor": 0}).fetchall()
        done = con.execute(statement("moments"), {"earliest": 1, "latest": 1, "floor": 0})
        row = dict(zip([one[0] for one in done.description], done.fetchone(), strict=True))
    assert int(row["opening_squared"]) == sum((amount + account) ** 2 for account in range(50))
    assert sorted(one[2] for one in largest) == [48, 49]


def test_every_number_in_a_statement_has_its_parameter():
    for name, given in QUESTIONS.items():
        assert set(re.findall(r"\$([a-z]+)", statement(name))) == set(given), name
