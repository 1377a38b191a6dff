"""Why NRR moved, drivers and books follow the card: their totals and segments are those that retention gives under it."""

import random
from fractions import Fraction

import pytest
from ledgers import make
from random_books import DIMENSIONS, MONTHS, START, lines

import nrr_core as nrr
from nrr_core import explain
from nrr_core.definition import Definition

CARDS = {
    "standard": Definition(),
    "gaps bridged": Definition(gap_months=4),
    "as of close": Definition(segment_as_of="close"),
    "latest": Definition(segment_as_of="latest"),
    "smallest opening": Definition(min_opening_mrr=12_000),
}
CLOSES = ("2024-10", "2025-06")


@pytest.fixture(scope="module")
def data():
    return make(lines(random.Random(12), 150), dimensions=DIMENSIONS, last=START + MONTHS - 1)


def retained(data, card, close, by="plan"):
    frame = nrr.retention(data, window=3, by=by, close=close, card=card)
    return frame[frame["opening_accounts"] > 0].set_index("segment")


@pytest.mark.parametrize("name", CARDS)
def test_both_sides_are_what_retention_says(data, name):
    card = CARDS[name]
    moved = explain.why_moved(data, before=CLOSES[0], after=CLOSES[1], by="plan", window=3, card=card)
    sides = [retained(data, card, close) for close in CLOSES]
    assert [float(moved.before.nrr), float(moved.after.nrr)] == pytest.approx([side.loc["(all)", "nrr"] for side in sides])
    table = moved.table.set_index("segment")
    for side, end in zip(sides, ("before", "after"), strict=True):
        held = table[table[f"opening_{end}_mrr"] > 0]
        assert held[f"opening_{end}_mrr"].to_dict() == side["opening_mrr"].drop("(all)").to_dict()
        assert held[f"nrr_{end}"].to_dict() == pytest.approx(side["nrr"].drop("(all)").to_dict())
    assert sum(map(Fraction, moved.parts["effect"])) == moved.change


@pytest.mark.parametrize("name", CARDS)
def test_drivers_and_books_are_what_retention_says(data, name):
    card = CARDS[name]
    total = retained(data, card, CLOSES[1], by=None).loc["(all)"]
    drivers = explain.drivers(data, window=3, close=CLOSES[1], card=card)
    assert drivers.gains.loc[drivers.gains["ranked_by"] == "type", "expansion_mrr"].sum() == total["expansion_mrr"]
    assert drivers.losses.loc[drivers.losses["ranked_by"] == "type", "churn_mrr"].sum() == total["churn_mrr"]
    books = explain.books(data, window=3, close=CLOSES[1], card=card)
    for rule in ("open", "weighted", "current"):
        rows = books.rules[(books.rules["rule"] == rule) & (books.rules["owner"] != "(all)")]
        assert rows["opening_mrr"].sum() == total["opening_mrr"]
        assert rows["closing_mrr"].sum() == total["closing_mrr"]
    assert explain.price_split(data, window=3, close=CLOSES[1], card=card).nrr == Fraction(total["closing_mrr"]) / Fraction(
        total["opening_mrr"]
    )


def test_the_cards_differ(data):
    """The control: what is compared above is not the same under every card."""
    found = {
        name: explain.why_moved(data, before=CLOSES[0], after=CLOSES[1], by="plan", window=3, card=card) for name, card in CARDS.items()
    }
    said = {(m.change, tuple(m.parts["effect"])) for m in found.values()}
    assert len(said) == len(CARDS)


def test_a_book_of_subscriptions_shares_seats_by_subscription(tmp_path):
    """Two subscriptions of one account: by account the largest line's seats stand for both, by subscription each has its own."""
    rows = ["a,s1,2025-01,100,10", "a,s2,2025-01,50,10", "a,s1,2025-02,120,12", "a,s2,2025-02,50,10"]
    (tmp_path / "r.csv").write_text("account_id,subscription_id,month,mrr_usd,seats\n" + "\n".join(rows) + "\n", encoding="utf-8")
    data = nrr.read(tmp_path / "r.csv")
    split = explain.price_split(data, window=1, card=Definition(grain="subscription"))
    net = {t: float(n) for t, n in zip(split.parts["type"], split.parts["net_mrr"], strict=True)}
    assert net == {"seats": 20, "price": 0, "not_split": 0}
    coarse = explain.price_split(data, window=1)
    assert dict(zip(coarse.parts["type"], coarse.parts["net_mrr"].astype(float), strict=True))["price"] == -10
