"""Every family under every knob: worked examples that can be added up in the head, and a plain loop on random ledgers."""

import itertools
from dataclasses import replace
from fractions import Fraction

import cards
import oracle
import pytest
from cases import FAMILIES, MONTHS, NINE, START, UNIT, any_card, ledger, ledgers, spans
from hypothesis import given
from hypothesis import strategies as st
from ledgers import make

import nrr_core as nrr
from nrr_core import Definition
from nrr_core.errors import DefinitionError, SelectionError
from nrr_core.families import answer
from nrr_core.periods import Window
from nrr_core.presets import PRESETS, named, preset


def value(data, card, *, measure="nrr", close=None):
    frame = nrr.retention(data, card=card, close=close or data.months[-1])
    return frame[measure].iloc[0]


@pytest.fixture(scope="module")
def nine():
    return ledger(NINE)


@pytest.mark.parametrize(
    ("name", "nrr_percent", "grr_percent"),
    [
        ("standard", 90.7407, 79.6296),
        ("movements-opening", 74.0741, 55.5556),
        ("movements-opening-with-returns", 90.7407, 55.5556),
        ("movements-all-with-returns", 103.7037, 44.4444),
        ("chained-monthly", 82.6689, None),
        ("trailing-mean", 94.7050, None),
        ("weighted-mean-month", 98.2434, None),
        ("revenue-window", 99.0057, None),
        ("same-quarter", 90.7407, 79.6296),
        ("dashboard-with-reactivation", 100.0, 100.0),
        ("dashboard-30-day", 100.0, 100.0),
    ],
)
def test_nine_accounts_under_every_preset(nine, name, nrr_percent, grr_percent):
    card = preset(name)
    assert value(nine, card) * 100 == pytest.approx(nrr_percent, abs=5e-5)
    if grr_percent is not None:
        assert value(nine, card, measure="grr") * 100 == pytest.approx(grr_percent, abs=5e-5)


def test_a_preset_is_found_by_its_card_and_a_wrong_name_by_the_nearest():
    assert named(Definition()).name == "standard"
    assert named(Definition(min_opening_mrr=7)) is None
    assert all(named(one.card).card == one.card for one in PRESETS.values())
    with pytest.raises(DefinitionError, match="revenue-window"):
        preset("revenue-windo")
    for one in PRESETS.values():
        assert all((one.title, one.used_by, one.source, one.ambiguity)), one.name


def test_up_and_down_inside_a_window_shows_in_movements_only():
    data = ledger({"a": [100, 150, 100]})
    card = Definition(window_months=2)
    plain = nrr.retention(data, card=card, close=data.months[-1]).iloc[0]
    moved = nrr.retention(data, card=replace(card, family="movements"), close=data.months[-1]).iloc[0]
    assert (plain.expansion_mrr, plain.contraction_mrr, plain.nrr) == (0, 0, 1.0)
    assert (moved.expansion_mrr, moved.contraction_mrr, moved.nrr, moved.grr) == (50, 50, 1.0, 0.5)


def test_an_account_won_inside_the_window_counts_for_the_population_all_only():
    data = ledger({"a": [100, 100, 100], "b": [0, 50, 80]})
    card = Definition(family="movements", window_months=2)
    assert value(data, card) == 1.0
    assert value(data, replace(card, population="all")) == pytest.approx(1.3)  # b's growth of 30 on an opening of 100


@pytest.mark.parametrize(("returns", "expected"), [("separate", 0.5), ("opening", 1.0), ("all", 1.6)])
def test_returns_count_as_the_card_says(returns, expected):
    data = ledger({"a": [50, 50, 50, 50], "b": [50, 50, 0, 50], "c": [60, 0, 0, 60]})
    card = Definition(family="movements", window_months=2, returns=returns)
    assert value(data, card) == pytest.approx(expected)


def test_point_to_point_counts_the_return_of_an_account_that_was_away_at_the_opening_only_if_all_returns_count():
    data = ledger({"a": [100, 100, 100], "b": [30, 0, 30]})
    card = Definition(window_months=1)
    assert value(data, card) == 1.0
    assert value(data, replace(card, returns="opening")) == 1.0
    assert value(data, replace(card, returns="all")) == pytest.approx(1.3)


def test_a_chain_multiplies_its_months():
    data = ledger({"a": [100, 50, 100]})
    assert value(data, Definition(family="chained", window_months=2)) == pytest.approx(0.5 * 2)
    later = ledger({"a": [100, 50, 50], "b": [0, 100, 200]})
    assert value(later, Definition(family="chained", window_months=2)) == pytest.approx(0.5 * 250 / 150)


def test_a_chain_with_a_month_that_opens_at_nothing_has_no_value():
    data = ledger({"a": [100, 0, 100]})
    frame = nrr.retention(data, card=Definition(family="chained", window_months=2))
    assert frame.nrr.isna().all()


def test_a_mean_is_equal_or_weighted_by_the_openings():
    data = ledger({"a": [100, 200, 100]})
    card = Definition(family="averaged", window_months=1, average_months=2)
    assert value(data, card) == pytest.approx((2 + 0.5) / 2)
    assert value(data, replace(card, average="mean")) == pytest.approx((2 + 0.5) / 2)
    assert value(data, replace(card, average="weighted")) == pytest.approx((200 + 100) / (100 + 200))


def test_an_average_of_one_value_is_that_value():
    data = ledger({"a": [100, 80, 60]})
    for family in FAMILIES[:3]:
        plain = Definition(family=family, window_months=2)
        assert value(data, replace(plain, average="mean", average_months=1)) == value(data, plain)


def test_a_revenue_window_compares_what_was_billed():
    data = ledger({"a": [100, 100, 100, 200], "b": [0, 500, 500, 500]})  # b was not active in the first month
    row = nrr.retention(data, card=Definition(family="revenue_window", window_months=2), close=data.months[-1]).iloc[0]
    assert (row.opening_mrr, row.closing_mrr, row.nrr) == (200, 300, 1.5)


def test_small_openings_are_left_out_from_the_smallest_that_counts_on():
    data = ledger({"a": [100, 100], "b": [10, 0], "c": [50, 50]})
    card = Definition(window_months=1, min_opening_mrr=50 * UNIT)
    row = nrr.retention(data, card=card).iloc[0]
    assert (row.opening_accounts, row.opening_mrr, row.nrr) == (2, 150, 1.0)
    assert nrr.accounts(data, card=card).account_id.tolist() == ["a", "c"]
    assert nrr.movements(data, window=1, card=card, close=data.months[-1]).iloc[0].churn_accounts == 0


def test_a_winner_is_read_in_its_segment_at_the_opening_or_at_the_close():
    rows = {"a": [(100, "small"), (300, "large")], "b": [(100, "small"), (100, "small")], "c": [(100, "large"), (0, "")]}
    data = ledger(rows, dimension="size")
    frames = {
        when: nrr.retention(data, by="size", card=Definition(window_months=1, segment_as_of=when)).set_index("segment").nrr
        for when in ("open", "close")
    }
    assert frames["open"].to_dict() == {"(all)": pytest.approx(4 / 3), "large": 0.0, "small": 2.0}
    assert frames["close"].to_dict() == {"(all)": pytest.approx(4 / 3), "large": 1.5, "small": 1.0}  # c left from “large”


def test_arr_is_the_same_ratio():
    data = ledger({"a": [100, 80]})
    assert value(data, Definition(window_months=1, measure="ARR")) == value(data, Definition(window_months=1)) == 0.8


def test_a_fiscal_window_is_a_knob_too():
    data = ledger({"a": [100] * 6 + [50]})
    card = Definition(window_months="quarter")
    assert nrr.retention(data, card=card).close.tolist() == nrr.retention(data, window="quarter").close.tolist() == ["2023-06"]
    with pytest.raises(DefinitionError, match="number of months"):
        nrr.retention(data, card=replace(card, family="averaged"))


def test_a_renewal_rate_is_the_share_of_what_was_due_and_is_not_called_nrr():
    ends = {"a": "2023-02-15", "b": "2023-02-20", "c": "2024-01-31", "d": "2023-03-01"}
    amounts = {"a": [100, 60, 60], "b": [100, 0, 0], "c": [500, 0, 0], "d": [40, 40, 50]}
    rows = {account: [(paid, ends[account]) for paid in months] for account, months in amounts.items()}
    data = ledger(rows, dimension="renewal_date")
    row = nrr.retention(data, card=Definition(family="renewal_base", window_months=2), close="2023-03").iloc[0]
    assert (row.opening_mrr, row.churn_mrr, row.contraction_mrr, row.expansion_mrr) == (240, 100, 40, 10)
    assert row.renewal_rate == pytest.approx(100 / 240)
    assert row.net_renewal_rate == pytest.approx(110 / 240)
    assert row.logo_renewal_rate == pytest.approx(2 / 3)
    assert nrr.retention(data, card=Definition(family="renewal_base", window_months=2)).nrr.isna().all()


def test_a_renewal_rate_needs_to_know_when_contracts_end():
    with pytest.raises(DefinitionError, match="renewal_date"):
        nrr.retention(ledger({"a": [100, 80]}), card=Definition(family="renewal_base", window_months=1))


def test_a_card_that_looks_back_beyond_the_data_says_how_far(nine):
    with pytest.raises(SelectionError, match=r"23 months from 2024-10"):
        nrr.retention(nine, card=Definition(family="averaged"), close="2024-10")
    assert nrr.retention(nine, card=Definition(family="averaged")).close.tolist() == ["2024-12", "2025-01"]


@pytest.mark.parametrize("family", ["averaged", "chained"])
def test_amounts_that_a_family_has_not_are_empty_not_zero(nine, family):
    row = nrr.retention(nine, card=Definition(family=family), close=nine.months[-1]).iloc[0]
    assert row.opening_mrr == 540
    assert row[["expansion_mrr", "contraction_mrr", "churn_mrr", "closing_mrr"]].isna().all()


@given(ledgers, any_card)
def test_every_family_and_knob_equals_the_plain_loop(raw, card):
    lines, last = spans(raw), START + MONTHS
    at = oracle.positions(lines, last)
    data = make(lines, dimensions=("plan",), last=last)
    frame = nrr.retention(data, by="plan", card=card)
    plain = {account: {m: (mrr, d[0]) for m, (mrr, d) in months.items()} for account, months in at.items()}
    for row in frame.to_dict("records"):
        segment = None if row["segment"] == "(all)" else row["segment"]
        for name, want in zip(
            ("nrr", "grr", "logo_retention"), cards.retention(plain, card, oracle.month(row["close"]), segment), strict=True
        ):
            if want is None:
                assert row[name] != row[name], (name, row["close"], segment)
            else:
                assert row[name] == pytest.approx(float(want), abs=1e-12), (name, row["close"], segment)


@given(ledgers, any_card)
def test_exact_values_are_the_plain_loop_s_fractions(raw, card):
    lines, last = spans(raw), START + MONTHS
    at = oracle.positions(lines, last)
    data = make(lines, dimensions=("plan",), last=last)
    if last - card.window_months * 2 - card.average_months < data.first:
        return
    found, _ = answer(data, card, [Window(last - card.window_months, last)])
    plain = {account: {m: (mrr, d[0]) for m, (mrr, d) in months.items()} for account, months in at.items()}
    for name, want in zip(("nrr", "grr", "logo_retention"), cards.retention(plain, card, last), strict=True):
        assert found.ratios[name].exact(0, 0) == want
        assert want is None or isinstance(want, Fraction)


@given(ledgers, st.sampled_from([1, 2, 5, 12]))
def test_movements_of_opening_accounts_with_their_returns_net_to_point_to_point(raw, window):
    data = make(spans(raw), last=START + MONTHS)
    card = Definition(window_months=window)
    plain = nrr.retention(data, card=card)
    moved = nrr.retention(data, card=replace(card, family="movements", returns="opening"))
    assert moved.closing_mrr.tolist() == plain.closing_mrr.tolist()
    assert moved.nrr.equals(plain.nrr)
    assert (moved.grr.fillna(0) <= plain.grr.fillna(0)).all()


@given(ledgers)
def test_the_order_in_which_months_are_asked_changes_nothing(raw):
    data = make(spans(raw), last=START + MONTHS)
    for family, average in itertools.product(FAMILIES, ("none", "mean")):
        card = Definition(family=family, window_months=2, average=average, average_months=2)
        every = nrr.retention(data, card=card).set_index("close").nrr
        for close in every.index[-2:]:
            one = nrr.retention(data, card=card, close=close).nrr.iloc[0]
            assert one == pytest.approx(every[close], nan_ok=True, abs=0)
