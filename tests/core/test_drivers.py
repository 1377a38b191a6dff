"""Drivers of a period: every ranking adds up to the movements, reasons are found, early churn is what a plain loop counts."""

import random

import pytest
from ledgers import make
from oracle import month, positions
from random_books import DIMENSIONS, MONTHS, START, lines

import nrr_core as nrr
from nrr_core import explain
from nrr_core.errors import SelectionError
from nrr_core.periods import month_text

JAN = month("2024-01")
NAMES = ("seats", "owner", "churn_reason")


def life(account, *months):
    """One account month by month: (MRR, seats, owner, reason), None where it does not pay."""
    return [(account, JAN + k, JAN + k + 1, x[0] * 10_000, x[1:]) for k, x in enumerate(months) if x]


BOOK = [
    *life("a", (100, "10", "Ann", ""), (150, "15", "Ann", "")),  # expansion 50: seats
    *life("b", (100, "10", "Ben", ""), (110, "10", "Ben", "")),  # expansion 10: price
    *life("c", (100, "10", "Ann", ""), (70, "10", "Ann", "Budget")),  # contraction 30: price, and its reason
    *life("d", (200, "20", "Ben", "Missing feature")),  # churn 200, the reason in its last month
    *life("e", (40, "4", "", "")),  # churn 40, nobody wrote down why
]


def found(given=BOOK, names=NAMES, **options):
    return explain.drivers(make(given, dimensions=names, last=JAN + 1), window=1, **options)


def ranked(frame, ranked_by, amount):
    rows = frame[frame["ranked_by"] == ranked_by]
    return [(d, float(a), r) for d, a, r in zip(rows["driver"], rows[amount], rows["rank"], strict=True)]


def test_drivers_of_expansion_by_type_and_owner():
    gains = found().gains
    assert ranked(gains, "type", "expansion_mrr") == [("seats", 50, 1), ("price", 10, 2)]
    assert ranked(gains, "owner", "expansion_mrr") == [("Ann", 50, 1), ("Ben", 10, 2)]


def test_causes_of_loss_by_type_reason_and_owner():
    losses = found().losses
    assert ranked(losses, "type", "lost_mrr") == [("left", 240, 1), ("price", 30, 2)]
    assert ranked(losses, "reason", "lost_mrr") == [("Missing feature", 200, 1), ("Budget", 30, 2), ("(none)", 40, 0)]
    assert ranked(losses, "owner", "lost_mrr") == [("Ben", 200, 1), ("Ann", 30, 2), ("(none)", 40, 0)]
    row = losses[(losses["ranked_by"] == "reason") & (losses["driver"] == "Budget")].iloc[0]
    assert (float(row["contraction_mrr"]), float(row["churn_mrr"])) == (30, 0)


def test_the_share_without_a_reason_is_told():
    losses = found().losses
    uncoded = losses[(losses["ranked_by"] == "reason") & (losses["driver"] == "(none)")].iloc[0]
    assert uncoded["share"] == pytest.approx(40 / 270)


def test_a_reason_may_be_an_attribute_of_the_accounts_file(tmp_path):
    (tmp_path / "r.csv").write_text("account_id,month,mrr_usd\na,2024-01,100\nb,2024-01,50\nb,2024-02,50\n", encoding="utf-8")
    (tmp_path / "a.csv").write_text("account_id,Churn reason\na,Price\nb,\n", encoding="utf-8")
    data = nrr.read(tmp_path / "r.csv", accounts=tmp_path / "a.csv")
    drivers = explain.drivers(data, window=1)
    assert drivers.reason == "Churn reason"
    assert ranked(drivers.losses, "reason", "lost_mrr") == [("Price", 100, 1)]


def test_the_headline_names_a_reason_where_there_is_one():
    assert explain.drivers_finding(found(), currency="$") == (
        "Expansion of $60 came first from seats (83%); losses of $270 came first from “Missing feature” (74%), and 15% has no reason"
    )


def test_the_headline_leads_with_what_has_no_reason_where_that_is_more():
    given = [*life("a", (70, "7", "Ann", "")), *life("b", (20, "2", "Ann", "Budget")), *life("c", (10, "1", "Ann", "Price"))]
    assert (
        explain.drivers_finding(found(given), currency="$") == "Losses of $100 have no reason for 70%; the largest given is “Budget” (20%)"
    )
    assert explain.drivers_finding(found(given[1:]), currency="$") == "Losses of $30 came first from “Budget” (67%)"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (life("a", (10, "1", "Ann", ""), (10, "1", "Ann", "")), "No opening account changed what it pays"),
        (life("a", (10, "1", "Ann", "")), "Losses of $10 are 100% from accounts that left"),
        (life("a", (10, "", "Ann", ""), (15, "", "Ann", "")), "Expansion of $5 has no known driver"),
        (life("a", (10, "2", "Ann", ""), (15, "3", "Ann", "")), "Expansion of $5 came first from seats (100%)"),
        (life("a", (10, "1", "Ann", ""), (6, "1", "Ann", "")), "Losses of $4 are 0% from accounts that left"),
    ],
)
def test_the_headline_of_every_edge(given, sentence):
    names = NAMES[:2]
    assert explain.drivers_finding(found([(*one[:4], one[4][:2]) for one in given], names), currency="$") == sentence


def test_without_owner_and_reason_only_the_type_is_ranked():
    drivers = found(life("a", (10, "1"), (15, "1")), ("region",))
    assert drivers.ranked_by == ("type",)
    assert drivers.reason is None


def test_any_dimensions_can_be_ranked():
    assert found(by=["owner", "seats"]).ranked_by == ("type", "reason", "owner", "seats")
    with pytest.raises(SelectionError, match="no dimension"):
        found(by="color")


def test_bars_fold_what_lies_beyond_eight_and_keep_the_unknown_apart():
    given = [line for k in range(12) for line in life(f"a{k}", (100 + k, "1", f"o{k:02d}" if k else "", ""))]
    bars = explain.driver_bars(found(given).losses, "owner")
    assert bars["kind"].tolist() == ["top"] * 3 + ["other"] * 6 + ["unknown"]
    assert bars["label"].iloc[-2] == "3 others"
    assert bars["amount"].sum() == sum(100 + k for k in range(12))
    assert bars["share"].sum() == pytest.approx(1)


def test_every_ranking_adds_up_on_random_ledgers():
    chance, compared, short = random.Random(3), 0, 0
    for _ in range(6):
        data = make(lines(chance, 40), dimensions=DIMENSIONS, last=START + MONTHS - 1)
        for close in ("2024-06", "2025-06"):
            total = nrr.retention(data, window=6, close=close).iloc[0]
            drivers = explain.drivers(data, window=6, close=close, by=["plan", "owner"])
            for name in drivers.ranked_by:
                sums = {
                    column: frame.loc[frame["ranked_by"] == name, column].sum()
                    for frame, column in (
                        (drivers.gains, "expansion_mrr"),
                        (drivers.losses, "contraction_mrr"),
                        (drivers.losses, "churn_mrr"),
                    )
                }
                assert {column: total[column] for column in sums} == sums
                compared += 1
            known = drivers.gains[(drivers.gains["ranked_by"] == "type") & (drivers.gains["rank"] > 0)]
            short += known["expansion_mrr"].sum() != total["expansion_mrr"]
    assert compared == 36
    assert short  # the control: without what could not be split, the types do not add up


# NRR and early churn ------------------------------------------------------------------------------------------------------


def early(at, *, since, until, months, first):
    """Accounts that first paid after ``since`` and until ``until``, and those that do not pay ``months`` later, by plan."""
    counted = {}
    for paid in at.values():
        began = min(paid)
        if since < began <= until and began > first:
            row = counted.setdefault(paid[began][1][0] or "(none)", [0, 0])
            row[0] += 1
            row[1] += began + months not in paid
    return counted


def test_early_churn_is_what_a_plain_loop_counts():
    chance, seen, never = random.Random(4), 0, 0
    for months in (3, 6):
        given, last = lines(chance, 150), START + MONTHS - 1
        data, at = make(given, dimensions=DIMENSIONS, last=last), positions(given, last)
        close = START + 20
        frame = explain.standing(data, by="plan", early=months, window=12, close=month_text(close))
        expected = early(at, since=close - 12 - months, until=close - months, months=months, first=data.first)
        told = {s: [n, left] for s, n, left in zip(frame["segment"], frame["arrived_accounts"], frame["early_accounts"], strict=True) if n}
        assert told == expected
        seen += sum(n for n, _ in expected.values())
        ever = early(at, since=close - 12 - months, until=close - months, months=months + 1, first=data.first)
        never += told != ever  # the control: counted a month later, the loop gives something else
    assert seen > 30
    assert never


def test_nrr_by_segment_is_that_of_retention():
    data = make(lines(random.Random(6), 60), dimensions=DIMENSIONS, last=START + MONTHS - 1)
    frame = explain.standing(data, by="owner", window=6).set_index("segment")
    asked = nrr.retention(data, window=6, by="owner", close=data.months[-1]).set_index("segment").drop("(all)")
    held = asked[asked["opening_accounts"] > 0]
    assert frame.loc[held.index, "nrr"].tolist() == pytest.approx(held["nrr"].tolist())
    assert frame.loc[held.index, "opening_mrr"].tolist() == held["opening_mrr"].tolist()


def test_accounts_of_the_first_month_of_the_data_are_not_new():
    given = [("a", JAN, JAN + 2, 10_000, ("x",)), ("b", JAN + 1, JAN + 2, 10_000, ("x",)), ("c", JAN + 1, None, 10_000, ("y",))]
    frame = explain.standing(make(given, dimensions=("fit",), last=JAN + 3), by="fit", early=1, window=1, close="2024-03").set_index(
        "segment"
    )
    assert frame.loc["x", ["arrived_accounts", "early_accounts"]].tolist() == [1, 1]
    assert frame.loc["y", ["arrived_accounts", "early_accounts"]].tolist() == [1, 0]


def test_early_needs_a_month():
    with pytest.raises(SelectionError, match="at least 1 month"):
        explain.standing(make(BOOK, dimensions=NAMES, last=JAN + 1), by="owner", early=0, window=1)


def test_sentences_of_early_churn():
    few = explain.standing(make(BOOK, dimensions=NAMES, last=JAN + 1), by="owner", early=1, window=1)
    assert "fewer than two segments of owner" in explain.standing_finding(few, dimension="owner", early=1)
    given = [("z", JAN, None, 10_000, ("z",))]
    given += [(f"x{k}", JAN + 1, JAN + 2 if k < 5 else None, 10_000, ("x",)) for k in range(10)]
    given += [(f"y{k}", JAN + 1, JAN + 2 if k < 1 else None, 10_000, ("y",)) for k in range(10)]
    frame = explain.standing(make(given, dimensions=("channel",), last=JAN + 2), by="channel", early=1, window=1)
    text = explain.standing_finding(frame, dimension="channel", early=1)
    assert text == "Accounts that left within 1 month of their first payment: 50% for x, 10% for y."
