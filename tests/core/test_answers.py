"""What the tables look like: edge cases, types, stamps, history."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from ledgers import make
from oracle import month

import nrr_core as nrr
from nrr_core.periods import current_month
from nrr_core.schema import COHORT_COLUMNS, MOVEMENT_COLUMNS, RETENTION_COLUMNS

JAN = month("2024-01")


@pytest.fixture(name="data")
def _data():
    lines = [
        ("a", JAN, JAN + 6, 100_0000, ("Pro", "EU")),
        ("a", JAN + 6, None, 150_0000, ("Max", "EU")),
        ("b", JAN, JAN + 4, 40_0000, ("Pro", None)),
        ("b", JAN + 8, None, 30_0000, ("Pro", None)),
        ("c", JAN + 5, None, 12_3456, ("Pro", "US")),
    ]
    return make(lines, dimensions=("plan", "region"), last=JAN + 13)


def test_columns_are_the_documented_ones(data):
    assert tuple(nrr.retention(data)) == RETENTION_COLUMNS
    assert tuple(nrr.movements(data)) == MOVEMENT_COLUMNS
    assert tuple(nrr.cohorts(data)) == COHORT_COLUMNS
    assert "segment_2" in nrr.retention(data, by=["plan", "region"])


def test_money_is_exact_decimal_and_ratios_are_floats(data):
    frame = nrr.movements(data)
    assert isinstance(frame.new_mrr.iloc[0], Decimal)
    assert frame.new_mrr.sum() == Decimal("152.3456")
    assert nrr.retention(data).nrr.dtype == np.float64


def test_blank_attributes_form_the_segment_none(data):
    assert set(nrr.retention(data, by="region").segment) == {"(all)", "(none)", "EU", "US"}


def test_a_segment_is_read_as_of_window_open(data):
    row = nrr.retention(data, window=12, by="plan", close="2025-01").set_index("segment")
    assert row.loc["Pro"].nrr == pytest.approx(180 / 140)
    assert row.loc["Max"].opening_accounts == 0
    assert np.isnan(row.loc["Max"].nrr)


def test_a_filter_selects_as_of_window_open_and_by_a_text_alone(data):
    frame = nrr.retention(data, window=12, where={"plan": "Pro"}, close="2025-01")
    assert frame.opening_mrr.iloc[0] == 140


def test_reactivated_account_is_outside_nrr(data):
    row = nrr.retention(data, window=6, close="2024-12").iloc[0]
    assert row.opening_mrr == Decimal("112.3456")
    bridge = nrr.movements(data, window=6, close="2024-12").iloc[0]
    assert bridge.reactivation_mrr == 30


def test_the_first_movements_open_at_nothing(data):
    first = nrr.movements(data).iloc[0]
    assert (first.open, first.opening_mrr, first.new_mrr) == ("2023-12", 0, 140)


def test_the_quick_ratio_has_no_value_without_losses(data):
    frame = nrr.movements(data).set_index("close")
    assert np.isnan(frame.loc["2024-01"].quick_ratio)
    assert frame.loc["2024-05"].quick_ratio == 0


def test_all_churned_is_zero_per_cent_and_an_empty_opening_has_no_value():
    data = make([("a", JAN, JAN + 2, 10_000, ()), ("b", JAN + 6, JAN + 7, 10_000, ())], last=JAN + 9)
    row = nrr.retention(data, window=3).set_index("close")
    assert (row.loc["2024-04"].nrr, row.loc["2024-04"].grr, row.loc["2024-04"].logo_retention) == (0, 0, 0)
    assert np.isnan(row.loc["2024-07"].nrr)


def test_one_month_of_data_has_no_window_and_no_error():
    data = make([("a", JAN, JAN + 1, 10_000, ())], one_month=True, last=JAN)
    assert nrr.retention(data).empty
    assert len(nrr.movements(data)) == 1
    assert nrr.cohorts(data).nrr.tolist() == [1, 1]


def test_nothing_ever_paid_is_an_empty_answer():
    data = make([("a", JAN, JAN + 3, 0, ())], last=JAN + 3)
    assert data.accounts == 0
    assert nrr.cohorts(data).empty
    assert nrr.retention(data, window=1).empty or nrr.retention(data, window=1).nrr.isna().all()


def test_a_month_that_is_not_over_is_marked_partial():
    now = current_month()
    data = make([("a", now - 3, None, 10_000, ())], last=now)
    assert nrr.retention(data, window=1).partial.tolist() == [False, False, True]


def test_every_frame_carries_its_stamp(data):
    for frame in (nrr.retention(data), nrr.movements(data, window=12), nrr.cohorts(data), nrr.accounts(data), nrr.history(data, "a")):
        stamp = frame.attrs["stamp"]
        assert stamp["definition_hash"] == nrr.STANDARD.short_hash
        assert stamp["dataset_hash"] == data.sha256


def test_a_window_that_is_asked_for_is_the_card_s_in_the_stamp(data):
    quarterly = nrr.Definition(window_months=3)
    assert nrr.retention(data, window=3).attrs["stamp"]["definition_hash"] == quarterly.short_hash
    assert nrr.retention(data, card=quarterly).attrs["stamp"]["definition_hash"] == quarterly.short_hash
    assert nrr.movements(data).attrs["stamp"]["definition_hash"] == nrr.Definition(window_months=1).short_hash


def test_the_same_question_gives_the_same_table(data):
    pd.testing.assert_frame_equal(nrr.retention(data, by="plan"), nrr.retention(data, by="plan"))


def test_accounts_behind_a_window_have_state_change_and_attributes(data):
    people = nrr.accounts(data, window=12, close="2025-01").set_index("account_id")
    assert people.state.to_dict() == {"a": "expansion", "b": "contraction", "c": "new"}
    assert people.loc["a"].change_mrr == 50
    assert people.loc["b"].left_mrr == 40
    assert people.loc["b"].returned_mrr == 30
    assert people.loc["a"]["plan"] == "Pro"
    assert people.attrs["states"]["new"] == 1


def test_accounts_can_be_narrowed_and_cut(data):
    assert nrr.accounts(data, state="new").account_id.tolist() == ["c"]
    assert nrr.accounts(data, contains="EU").account_id.tolist() == ["a"]
    assert nrr.accounts(data, contains="B").account_id.tolist() == ["b"]
    assert nrr.accounts(data, cohort="2024-Q1", cadence="quarter", sort="account").account_id.tolist() == ["a", "b"]
    cut = nrr.accounts(data, limit=1)
    assert (len(cut), cut.attrs["total_rows"]) == (1, 3)


def test_history_names_each_movement(data):
    moved = nrr.history(data, "b")
    moved = moved[moved.movement != ""]
    assert moved[["month", "movement"]].to_numpy().tolist() == [
        ["2024-01", "new"], ["2024-05", "churn"], ["2024-09", "reactivation"],
    ]  # fmt: skip


def test_sparklines_are_the_last_months(data):
    lines = nrr.sparklines(data, ["a", "c", "nobody"], months=3)
    assert lines == {"a": [150.0] * 3, "c": [12.3456] * 3}


def test_attributes_of_an_accounts_file_are_dimensions():
    lines = [("a", JAN, None, 10_000, ()), ("b", JAN, None, 10_000, ())]
    data = make(lines, attributes={"a": "x"}, last=JAN + 2)
    assert nrr.retention(data, window=1, by="attribute", close="2024-02").segment.tolist() == ["(all)", "(none)", "x"]


def test_year_to_date_measures_each_close_from_the_year_before(data):
    frame = nrr.retention(data, window="year_to_date", fiscal_start=3)
    assert frame.open.tolist() == ["2024-02"] * 12
    assert frame.window.tolist() == list(range(1, 13))
