"""Price, seats and product: exact parts of every account's change."""

import csv
import random
from fractions import Fraction
from pathlib import Path

import pytest
from ledgers import make
from oracle import month, positions
from random_books import DIMENSIONS, MONTHS, START, lines

import nrr_core as nrr
from nrr_core import explain
from nrr_core.definition import Definition
from nrr_core.periods import month_text

JAN = month("2024-01")
ROOT = Path(__file__).parents[2]
NAMES = ("seats", "plan", "product")


def account(name, before, after):
    """(MRR, seats, plan, product) in January and in February; None: does not pay."""
    ends = ((JAN, before), (JAN + 1, after))
    return [(name, m, m + 1, int(Fraction(str(x[0])) * 10_000), x[1:]) for m, x in ends if x]


def split(*accounts, names=NAMES, **options):
    data = make([line for one in accounts for line in one], dimensions=names, last=JAN + 1)
    found = explain.price_split(data, window=1, **options)
    return found, {t: float(n) for t, n in zip(found.parts["type"], found.parts["net_mrr"], strict=True)}


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        ((100, "10", "Pro", "A"), (120, "12", "Pro", "A"), {"seats": 20}),
        ((100, "10", "Pro", "A"), (110, "10", "Pro", "A"), {"price": 10}),
        ((100, "10", "Pro", "A"), (132, "12", "Pro", "A"), {"seats": 20, "price": 12}),
        ((100, "10", "Pro", "A"), (72, "8", "Pro", "A"), {"seats": -20, "price": -8}),
        ((100, "10", "Pro", "A"), (180, "12", "Max", "A"), {"seats": 20, "plan": 60}),
        ((100, "10", "Pro", "A"), (180, "12", "Max", "B"), {"seats": 20, "product": 60}),
        ((100, "10", "Pro", "A"), (110, "10", "Pro", "B"), {"product": 10}),
        ((100, "", "Pro", "A"), (110, "12", "Pro", "A"), {"not_split": 10}),
        ((100, "10", "Pro", "A"), (110, "ten", "Pro", "A"), {"not_split": 10}),
        ((100, "0", "Pro", "A"), (110, "10", "Pro", "A"), {"not_split": 10}),
        ((100, "", "Pro", "A"), (110, "", "Max", "A"), {"plan": 10}),
        ((100, "2.5", "Pro", "A"), (120, "3", "Pro", "A"), {"seats": 20}),
        ((100, "10", "Pro", "A"), (100, "20", "Pro", "A"), {"seats": 100, "price": -100}),
        ((100, "10", "Pro", "A"), None, {}),
    ],
)
def test_parts_of_one_account(before, after, parts):
    _, net = split(account("a", before, after))
    assert {name: value for name, value in net.items() if value} == parts


def test_nrr_without_price_changes():
    found, _ = split(account("a", (100, "10", "Pro", "A"), (132, "12", "Pro", "A")), account("b", (100, "5", "Pro", "A"), None))
    assert found.nrr == Fraction(132, 200)
    assert found.nrr_without_price == Fraction(120, 200)
    assert explain.price_finding(found) == "Price changes added 6.0 pt: without them NRR would be 60.0%, not 66.0%."


def test_what_can_not_be_split_is_told():
    found, _ = split(
        account("a", (100, "10", "Pro", "A"), (110, "10", "Pro", "A")), account("b", (100, "", "Pro", "A"), (70, "", "Pro", "A"))
    )
    assert found.not_split == 0.75
    assert explain.price_finding(found).endswith("75.0% of expansion and contraction could not be split: no seats.")


def test_a_third_of_a_cent_is_rounded_inside_the_account():
    found, net = split(account("a", (10, "3", "Pro", "A"), (10, "4", "Pro", "A")))
    assert net["seats"] == 3.3333
    assert net["price"] == -3.3333
    assert found.nrr == 1
    whole = split(account("a", (0.0001, "2", "Pro", "A"), (0.0002, "3", "Pro", "A")))[1]  # half a ten-thousandth goes away from zero
    assert (whole["seats"], whole["price"]) == (0.0001, 0)


def test_very_large_amounts_stay_exact():
    big = 10**13
    found, net = split(account("a", (big, "999999999", "Pro", "A"), (big + 1, "999999998", "Pro", "A")))
    seats = -Fraction(big * 10_000, 999_999_999)
    assert net["seats"] * 10_000 == pytest.approx(float(seats), abs=0.5)
    assert sum(found.parts["net_mrr"]) == 1


def test_without_a_column_of_seats_nothing_is_called_price():
    found, net = split(account("a", (100, "EU"), (110, "EU")), names=("region",))
    assert net == {"not_split": 10}
    assert found.seats is None
    assert "Add a column “seats”" in explain.price_finding(found)
    assert explain.type_steps(found)["step"].tolist() == ["Opening", "Not split", "Churn", "NRR"]


def test_units_used_are_usage():
    _, net = split(account("a", (100, "10"), (120, "12")), names=("usage_units",))
    assert {name: value for name, value in net.items() if value} == {"usage": 20}


def test_nobody_at_the_open_has_nothing_to_split():
    lines_ = [*account("a", (100, "10", "Pro", "A"), None), ("b", JAN + 1, JAN + 2, 10_000, ("1", "Pro", "A"))]
    data = make(lines_, dimensions=NAMES, last=JAN + 2)
    found = explain.price_split(data, window=1, where={"plan": ["Pro"]}, close="2024-03")
    assert found.nrr == 0
    none = explain.price_split(make(lines_, dimensions=NAMES, last=JAN + 4), window=1, close="2024-05")
    assert none.nrr is None
    assert explain.type_steps(none).empty
    assert explain.price_finding(none) == "Nobody paid at the open, so there is nothing to split."


def test_small_accounts_are_left_out_by_the_card():
    small = account("s", (1, "1", "Pro", "A"), (9, "1", "Pro", "A"))
    _, net = split(small, account("a", (100, "10", "Pro", "A"), (120, "12", "Pro", "A")), card=Definition(min_opening_mrr=20_000))
    assert (net["seats"], net["price"]) == (20, 0)


def test_parts_of_random_ledgers_add_up_for_every_account():
    chance, checked = random.Random(8), 0
    for _ in range(8):
        given = lines(chance, 30)
        last = START + MONTHS - 1
        data, at = make(given, dimensions=DIMENSIONS, last=last), positions(given, last)
        for close in (last - 9, last):
            frame = explain.split_accounts(data, window=6, close=month_text(close))
            kinds = [c for c in ("seats_mrr", "plan_mrr", "price_mrr", "not_split_mrr") if c in frame]
            assert (frame[kinds].sum(axis=1) == frame["change_mrr"]).all()
            for row in frame.to_dict("records"):
                (s, (plan, _, seats)), (e, (later, _, more)) = (at[row["account_id"]][m] for m in (close - 6, close))
                known = seats.isdigit() and more.isdigit()
                volume = Fraction((int(more) - int(seats)) * s, int(seats)) if known else Fraction(0)
                assert abs(Fraction(row["seats_mrr"]) * 10_000 - volume) <= Fraction(1, 2)
                rest = "plan_mrr" if plan != later else "price_mrr" if known else "not_split_mrr"
                assert row[rest] == (e - s) / Fraction(10_000) - Fraction(row["seats_mrr"])
                checked += 1
    assert checked > 100


# The sample data: prices change where the list of price changes says so, and nowhere else --------------------------------


@pytest.fixture(scope="module")
def sample():
    return nrr.read(ROOT / "data/revenue.csv", accounts=ROOT / "data/accounts.csv")


@pytest.fixture(scope="module")
def changes():
    with (ROOT / "data/price_changes.csv").open(encoding="utf-8") as file:
        return {(row["account_id"], row["effective_month"]): row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def seats():
    with (ROOT / "data/revenue.csv").open(encoding="utf-8") as file:
        return {(row["account_id"], row["month"]): int(row["seats"]) for row in csv.DictReader(file)}


def listed_effect(change, seats):
    """What a line of the list of price changes does to MRR."""
    return (Fraction(change["new_price_per_seat"]) - Fraction(change["old_price_per_seat"])) * seats


def test_every_month_has_a_price_effect_exactly_where_a_price_changed(sample, changes, seats):
    seen = 0
    for close in sample.months[1:]:
        frame = explain.split_accounts(sample, window=1, close=close)
        frame = frame[frame["plan_mrr"] == 0]  # with another plan, the new price of a seat is the plan's
        moved = frame[frame["price_mrr"] != 0]
        listed = {account for account, m in changes if m == close}
        assert set(moved["account_id"]) == listed & set(frame["account_id"])
        for account, price in zip(moved["account_id"], moved["price_mrr"], strict=True):
            assert Fraction(price) == listed_effect(changes[account, close], seats[account, close])
            seen += 1
    assert seen > 1000


def test_all_of_the_change_taken_for_price_would_be_seen(sample, changes):
    """The control of the test above."""
    frame = explain.split_accounts(sample, window=1, close="2025-01")
    assert set(frame["account_id"]) != {account for account, m in changes if m == "2025-01"} & set(frame["account_id"])
