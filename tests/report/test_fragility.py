"""Fragility: answers to add in one's head, and a plain loop that leaves accounts out one by one."""

from fractions import Fraction

import numpy as np
import pytest
from edges import JAN, ledger, moving
from hypothesis import given
from hypothesis import strategies as st
from ledgers import make

import nrr_core as nrr
from nrr_core.errors import SelectionError
from nrr_core.explain.fragility import TOP, fragility


def values(data, **options):
    frame = fragility(data, window=1, **options)
    return dict(zip(frame["measure"], frame["value"].tolist(), strict=True))


def test_the_top_accounts_leave_opening_and_closing(book):
    found = values(book, close="2024-03")  # effects: gone −300, grown +50, shrunk −50, same 0
    assert found["nrr"] == 0.7  # 700 of 1,000
    assert found["nrr_without_top_1"] == 1.0  # 700 of 700
    assert found["nrr_without_top_3"] == 1.0  # 300 of 300: same alone
    assert np.isnan(found["nrr_without_top_5"])
    assert np.isnan(found["nrr_without_top_10"])


def test_the_range_without_any_one_account(book):
    found = values(book, close="2024-03")
    assert found["nrr_without_one_lowest"] == 450 / 800  # without grown
    assert found["nrr_without_one_highest"] == 1.0  # without gone


def test_quartiles_are_of_the_accounts_own_ratios(book):
    found = values(book, close="2024-03")  # 0, 0.75, 1, 1.25
    assert found["closing_to_opening_q1"] == pytest.approx(0.5625)
    assert found["closing_to_opening_median"] == pytest.approx(0.875)
    assert found["closing_to_opening_q3"] == pytest.approx(1.0625)


def test_the_top_five_share_of_expansion():
    lines = [line for i in range(6) for line in moving(f"a{i}", (100, 110 if i < 5 else 150), "x")]
    assert values(ledger(lines))["expansion_from_top_5"] == pytest.approx(90 / 100)


def test_without_expansion_its_share_has_no_value():
    assert np.isnan(values(ledger(moving("a", (100, 100))))["expansion_from_top_5"])


def test_one_account_leaves_nothing_behind():
    found = values(ledger(moving("a", (100, 90))))
    assert found["nrr"] == 0.9
    assert all(np.isnan(found[name]) for name in ("nrr_without_top_1", "nrr_without_one_lowest", "nrr_without_one_highest"))


def test_new_accounts_and_filtered_ones_are_outside(book):
    frame = fragility(book, window=1, close="2024-03", where={"plan": ["small"]})
    row = frame.iloc[0]
    assert (row["accounts"], row["opening_mrr"], row["closing_mrr"]) == (2, 600, 300)
    assert frame.attrs["stamp"]["filters"] == "plan: small"
    assert frame.attrs["stamp"]["question"] == "fragility, window 1, close 2024-03"


def test_nobody_at_the_open_has_no_values():
    data = ledger(moving("late", (0, 0, 40), "big") + moving("early", (5, 0, 0), "big"))
    frame = fragility(data, window=1)
    assert frame["value"].isna().all()
    assert set(frame["accounts"]) == {0}


def test_an_unknown_close_is_refused(book):
    with pytest.raises(SelectionError, match="closes in 2030-01"):
        fragility(book, window=1, close="2030-01")


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 60)), min_size=1, max_size=14))
def test_a_plain_loop_says_the_same(accounts):
    data = make([line for i, pair in enumerate(accounts) for line in moving(f"a{i:02d}", pair)], last=JAN + 1)
    found = values(data)
    order = sorted(range(len(accounts)), key=lambda i: (-abs(accounts[i][1] - accounts[i][0]), i))

    def nrr_of(kept):
        opening = sum(accounts[i][0] for i in kept)
        return float(Fraction(sum(accounts[i][1] for i in kept), opening)) if opening else None

    def same(value, want):
        return np.isnan(value) if want is None else value == pytest.approx(want, abs=1e-12)

    left = list(order)
    for count in range(1, max(TOP) + 1):
        left = left[1:]  # one by one
        if count in TOP:
            assert same(found[f"nrr_without_top_{count}"], nrr_of(left))
    ones = [nrr_of([j for j in order if j != i]) for i in order]
    assert same(found["nrr_without_one_lowest"], None if None in ones else min(ones))
    assert same(found["nrr_without_one_highest"], None if None in ones else max(ones))
    gained = sorted((max(e - s, 0) for s, e in accounts), reverse=True)
    assert same(found["expansion_from_top_5"], sum(gained[:5]) / sum(gained) if sum(gained) else None)
    assert found["nrr"] == nrr.retention(data, window=1, close="2024-02").iloc[0].nrr
