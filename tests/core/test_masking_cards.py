"""The masking alarm under cards of every family: its figures are those of the family, worked out by plain loops."""

from dataclasses import replace

import cards
import oracle
import pytest
from cases import MONTHS, START, any_card, ledgers, spans
from hypothesis import given
from ledgers import make

import nrr_core as nrr
from nrr_core import Definition
from nrr_core.explain import masking
from nrr_core.periods import month_text
from nrr_core.targets import Targets

CLOSE = START + 7
LAST = month_text(CLOSE)
STRICT = Targets().put("grr", 0.999).put("logo_retention", 0.999).put("nrr", 0.2)


def book(courses, plan="Pro"):
    """Accounts from their monthly amounts, all in one plan."""
    months = [(f"{plan}{i:03d}", START + m, mrr) for i, course in enumerate(courses) for m, mrr in enumerate(course) if mrr]
    rows = [(account, month, month + 1, mrr * 10_000, (plan,)) for account, month, mrr in months]
    return make(rows, dimensions=("plan",), last=CLOSE)


@given(raw=ledgers, card=any_card)
def test_what_lies_under_its_target_is_what_retention_says(raw, card):
    data = make(spans(raw), dimensions=("size",), last=START + MONTHS - 1)
    if not len(nrr.retention(data, card=card)):
        return
    close = data.months[-1]
    frame = masking(data, card=card, close=close, by="size", targets=STRICT)
    answer = nrr.retention(data, card=card, close=close, by="size")
    wanted = {
        (row.segment, measure): getattr(row, measure)
        for row in answer.itertuples()
        for measure in ("grr", "logo_retention")
        if row.nrr >= 0.2 and getattr(row, measure) < 0.999
    }
    under = frame[frame["rule"] == "under_target"]
    assert {(row.segment, row.measure): row.value for row in under.itertuples()} == wanted


def grown_in(at, card, open_, close):
    """Expansion of every opening account, by a plain loop; of its family, or at the two ends of the window."""
    start = open_ - (close - open_) + 1 if card.family == "revenue_window" else open_
    found = []
    for account in cards.base(at, card, start, close, None):
        months = at[account]
        if card.family == "movements":
            found.append(sum(amount for _, kind, amount, _, _ in cards.moves(months, open_, close) if kind == "expansion"))
        elif card.family == "revenue_window":
            earlier, later = (sum(cards.paid(months, m) for m in range(*ends)) for ends in ((start, open_ + 1), (open_ + 1, close + 1)))
            found.append(max(later - earlier, 0))
        else:
            found.append(max(cards.paid(months, close) - cards.paid(months, open_), 0))
    return sorted(found, reverse=True)


def is_narrow(gains):
    return bool(sum(gains)) and 5 * sum(gain > 0 for gain in gains) < len(gains) and 2 * sum(gains[:5]) > sum(gains)


@given(raw=ledgers, card=any_card)
def test_growth_is_narrow_where_a_plain_loop_finds_it_so(raw, card):
    steady = [(f"s{i}", START, None, 10_000, ("x",)) for i in range(12)]
    rows = [*spans(raw), *steady]
    data, at = make(rows, dimensions=("size",), last=START + MONTHS - 1), oracle.positions(rows, START + MONTHS - 1)
    if not len(nrr.retention(data, card=card)):
        return
    close = START + MONTHS - 1
    gains = grown_in(at, card, close - card.window_months, close)
    frame = masking(data, card=card, close=data.months[-1])
    found = frame[frame["rule"] == "narrow"]
    assert len(found) == is_narrow(gains)
    for row in found.itertuples():
        assert row.expanded == sum(gain > 0 for gain in gains) / len(gains)
        assert row.from_top_5 == pytest.approx(sum(gains[:5]) / sum(gains))


def test_growth_that_was_lost_again_is_narrow_in_movements_only():
    """Control: one of ten accounts trebled and fell back, so that its two ends say nothing."""
    data = book([[100, 100, 300, 300, 100, 100, 100, 100], *[[100] * 8] * 9])
    card = Definition(family="movements", window_months=7)
    (row,) = masking(data, card=card).to_dict("records")
    assert (row["rule"], row["expanded"], row["from_top_5"], row["accounts"]) == ("narrow", 0.1, 1.0, 10)
    assert masking(data, card=replace(card, family="point_to_point")).empty
    assert masking(data, card=replace(card, family="chained")).empty


def test_expansion_of_movements_is_the_one_that_retention_shows():
    data = book([[100, 150, 120, 130, 100, 160, 160, 160], *[[100] * 8] * 9])
    card = Definition(family="movements", window_months=7)
    assert float(nrr.retention(data, card=card, close=LAST)["expansion_mrr"].iloc[0]) == 50 + 10 + 60
    assert "1 of 10 opening accounts" in masking(data, card=card)["sentence"].iloc[0]


FALLING = [*[[100] * 4 + [200] * 4] * 30, *[[100] * 8] * 30, [100] * 5 + [0] * 3, [100] * 6 + [0] * 2, [100] * 7 + [0]]


@pytest.mark.parametrize(
    "card",
    [
        Definition(family="movements", window_months=4),
        Definition(family="chained", window_months=4),
        Definition(window_months=3, average="mean", average_months=2),
    ],
    ids=["movements", "chained", "mean"],
)
def test_three_falls_in_a_row_fire_under_any_card(card):
    data = book(FALLING)
    frame = masking(data, card=card)
    assert [(row.rule, row.measure) for row in frame.itertuples()] == [("falling", "grr"), ("falling", "logo_retention")]
    values = nrr.retention(data, card=card)["grr"].tolist()[-4:]
    assert frame["before"].iloc[0] == values[0]
    assert values == sorted(values, reverse=True)
    steady = [course if course[7] else [100] * 8 for course in FALLING]
    assert masking(book(steady), card=card).empty  # nobody leaves: silent


def test_segments_as_of_the_close_are_judged_by_the_accounts_they_have_then():
    rows = [(f"A{i}", START, START + 4, 10_000, ("Basic",)) for i in range(10)]
    rows += [(f"A{i}", START + 4, START + 8, 30_000 if i == 0 else 10_000, ("Pro",)) for i in range(10)]
    data = make(rows, dimensions=("plan",), last=CLOSE)
    for when, plan in (("open", "Basic"), ("close", "Pro")):
        frame = masking(data, card=Definition(window_months=7, segment_as_of=when), by="plan")
        assert frame["segment"].tolist() == ["(all)", plan]
