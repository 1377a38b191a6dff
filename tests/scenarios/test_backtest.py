"""Back-test: a forecast of the past knows nothing of what came after."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import make
from oracle import month
from worlds import START, lines

from nrr_core.explain import backtest_finding
from nrr_core.periods import month_text, parse_month
from nrr_core.scenarios import Scenario, backtest, project
from nrr_core.schema import ALL, UNIT

M = month("2025-03")


def known(ledger, start):
    """The ledger as it stood at the end of a month."""
    return [(a, f, None if t is not None and t > start else t, mrr, plan) for a, f, t, mrr, plan in ledger if f <= start]


def retold(ledger, first, last, ahead, *, months, by):
    """What would have been forecast each month, from what was known: start, NRR, MRR."""
    found = []
    for start in range(first + max(months, ahead), last - ahead + 1):
        data = make(known(ledger, start), dimensions=("plan",), last=start)
        rows = project(data, Scenario(horizon=ahead, months=months, by=by, contracts="")).period
        row = rows[(rows["path"] == "baseline") & (rows["segment"] == ALL)].iloc[0]
        if row["opening_mrr"]:
            found.append((month_text(start), row["nrr"], float(row["mrr"])))
    return found


def check(ledger, ahead, months, by):
    data = make(ledger, dimensions=("plan",), last=START)
    found = backtest(data, months=months, by=by, horizons=(ahead,)).forecasts
    expected = retold(ledger, data.first, START, ahead, months=months, by=by)
    assert found["start"].tolist() == [start for start, _, _ in expected]
    np.testing.assert_allclose(found["nrr"].astype(float), [nrr for _, nrr, _ in expected], atol=1e-6)
    np.testing.assert_allclose(found["mrr"].astype(float), [mrr for _, _, mrr in expected], atol=3e-4)


@settings(max_examples=4)
@given(lines(), st.sampled_from([6, 9]), st.sampled_from([6, 12]), st.sampled_from([None, "plan"]))
def test_every_forecast_is_the_projection_of_what_was_known_then(ledger, ahead, months, by):
    check(ledger, ahead, months, by)


LEDGER = [  # A leaves and returns, B grows, C moves from Basic to Pro, D arrives and leaves
    ("A", START - 12, START - 7, 100 * UNIT, ("Pro",)), ("A", START - 5, None, 90 * UNIT, ("Pro",)),
    ("B", START - 12, START - 4, 200 * UNIT, ("Basic",)), ("B", START - 4, None, 260 * UNIT, ("Basic",)),
    ("C", START - 12, START - 6, 150 * UNIT, ("Basic",)), ("C", START - 6, None, 120 * UNIT, ("Pro",)),
    ("D", START - 9, START - 2, 80 * UNIT, ("Team",)), ("E", START - 12, START - 8, 50 * UNIT, ("Team",)),
]  # fmt: skip


@pytest.mark.parametrize(("ahead", "months", "by"), [(3, 3, None), (3, 3, "plan"), (6, 1, "plan")])
def test_a_ledger_with_everything_in_it_is_forecast_as_it_was_known(ledger, ahead, months, by):
    check(ledger, ahead, months, by)


@pytest.fixture(name="ledger")
def _ledger():
    return LEDGER


def test_the_future_changes_no_forecast(ledger):
    """Everybody leaves in the last month: what was forecast before stays the same."""
    ended = [(a, f, min(t or START, START), mrr, plan) for a, f, t, mrr, plan in ledger]
    one, other = (backtest(make(held, dimensions=("plan",), last=START), months=3, horizons=(3,)).forecasts for held in (ledger, ended))
    assert one["nrr"].tolist() == other["nrr"].tolist()
    assert one["nrr_actual"].tolist()[:-1] == other["nrr_actual"].tolist()[:-1]
    assert (one["nrr_actual"].iloc[-1], other["nrr_actual"].iloc[-1]) == (pytest.approx(470 / 550), 0.0)


HALVING = [
    (f"A{k}", M - 4, M - 4 + k if k < 5 else None, mrr * UNIT, ()) for k, mrr in zip(range(1, 6), (800, 400, 200, 100, 100), strict=True)
]


def test_what_always_halves_is_forecast_without_an_error():
    """1,600, 800, 400, 200, 100: half leaves every month, so one month's rate says it all; carried-forward MRR is off by as much again."""
    found = backtest(make(HALVING, last=M), months=1, horizons=(1, 2))
    assert found.summary["starts"].tolist() == [3, 1]
    assert found.summary["nrr_error"].tolist() == pytest.approx([0.0, 0.0])
    assert found.summary["mrr_error"].tolist() == pytest.approx([0.0, 0.0])
    assert found.summary["mrr_naive_error"].tolist() == pytest.approx([1.0, 3.0])
    assert found.summary["nrr_naive"].tolist() == pytest.approx([0.0, 0.0])


TURNING = [("A", M - 2, None, 100 * UNIT, ()), ("B", M - 2, M - 1, 100 * UNIT, ())]  # 200, 100, 100


def test_errors_by_hand():
    """Half left in February, nobody in March: forecast 50 %, naive 50 %, actual 100 %; MRR 50 forecast, 100 carried forward, 100 paid."""
    found = backtest(make(TURNING, last=M), months=1, horizons=(1,))
    row = found.forecasts.iloc[0]
    assert (row["start"], row["nrr"], row["nrr_naive"], row["nrr_actual"]) == ("2025-02", 0.5, 0.5, 1.0)
    assert [float(row[name]) for name in ("mrr", "mrr_naive", "mrr_actual")] == [50, 100, 100]
    summary = found.summary.iloc[0]
    assert summary[["nrr_error", "nrr_naive", "nrr_bias", "mrr_error", "mrr_naive_error"]].tolist() == [0.5, 0.5, -0.5, 0.5, 0.0]


def test_too_short_a_history_has_no_start_and_says_so():
    found = backtest(make(TURNING, last=M), months=12)
    assert found.summary["starts"].tolist() == [0, 0, 0]
    assert found.summary["nrr_error"].isna().all()
    assert found.forecasts.empty
    assert backtest_finding(found.summary) == "There is too little history to test forecasts like this one on it."


def test_a_month_in_which_nobody_paid_is_no_start():
    gap = [("A", M - 6, M - 4, 100 * UNIT, ()), ("A", M - 2, None, 100 * UNIT, ())]
    found = backtest(make(gap, last=M), months=1, horizons=(1,)).forecasts
    assert found["start"].tolist() == [month_text(m) for m in (M - 5, M - 2, M - 1)]


def test_a_filter_keeps_its_accounts_alone(ledger):
    data = make(ledger, dimensions=("plan",), last=START)
    found = backtest(data, months=1, horizons=(1,), where={"plan": ["Basic"]}).forecasts
    first = found.iloc[0]
    assert parse_month(first["start"]) == START - 11
    assert float(first["mrr_actual"]) == 350
