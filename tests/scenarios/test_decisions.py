"""Decisions about named accounts: what each does by hand, and what it leaves alone."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from ledgers import make
from oracle import month

import nrr_core as nrr
from nrr_core.errors import ScenarioError
from nrr_core.scenarios import Decision, Scenario, project
from nrr_core.schema import ALL, UNIT

M = month("2025-03")
ONE = nrr.Definition(window_months=1)
FLAT = [  # nothing has ever happened: A pays 100, B 200, C 300
    ("A", M - 12, None, 100 * UNIT, ("Pro", "2025-06-30")),
    ("B", M - 12, None, 200 * UNIT, ("Pro", "")),
    ("C", M - 12, None, 300 * UNIT, ("Basic", "")),
]
FALLING = [*FLAT[:2], ("C", M - 12, M, 300 * UNIT, ("Basic", "")), ("C", M, None, 200 * UNIT, ("Basic", ""))]  # contraction 100 of 600


@pytest.fixture(name="flat", scope="module")
def _flat():
    return make(FLAT, dimensions=("plan", "renewal_date"), last=M)


def mrr(found, path="scenario", segment=ALL):
    rows = found.months[(found.months["path"] == path) & (found.months["segment"] == segment)]
    return [float(x) for x in rows["mrr"]]


def asked(data, *decisions, horizon=4, where=None, card=ONE, **more):
    return project(data, Scenario(decisions=decisions, horizon=horizon, months=1, **more), where=where, card=card)


ACTIONS = [  # of B, which pays 200 of 600, in month 2
    (Decision("B", "lose", month="2025-05"), [600, 400, 400, 400]),
    (Decision("B", "renew", month="2025-05"), [600, 600, 600, 600]),
    (Decision("B", "grow", to=250 * UNIT, month="2025-05"), [600, 650, 650, 650]),
    (Decision("B", "shrink", to=150 * UNIT, month="2025-05"), [600, 550, 550, 550]),
    (Decision("B", "lose", probability=0.25, month="2025-05"), [600, 550, 550, 550]),
    (Decision("B", "renew", probability=0.25, month="2025-05"), [600, 450, 450, 450]),
    (Decision("B", "grow", to=250 * UNIT, probability=0.5, month="2025-05"), [600, 625, 625, 625]),
    (Decision("B", "shrink", to=100 * UNIT, probability=0.5, month="2025-05"), [600, 550, 550, 550]),
    (Decision("B", "lose", probability=0.0, month="2025-05"), [600, 600, 600, 600]),
    (Decision("B", "lose"), [400, 400, 400, 400]),
    (Decision("A", "lose"), [600, 600, 500, 500]),
    (Decision("B", "lose", month="2024-01"), [400, 400, 400, 400]),
    (Decision("B", "lose", month="2025-08"), [600, 600, 600, 600]),
]


@pytest.mark.parametrize(("decision", "expected"), ACTIONS, ids=[f"{d.account} {d.action} {d.month} {d.probability}" for d, _ in ACTIONS])
def test_a_decision_by_hand(flat, decision, expected):
    """From its month, by its probability; without a month at the contract's end (A: June), else in the first month."""
    found = asked(flat, decision)
    assert mrr(found) == expected
    assert mrr(found, "baseline") == [600] * 4


def test_a_loss_is_churn_and_a_shrink_is_contraction(flat):
    found = asked(flat, Decision("B", "lose"), Decision("C", "shrink", to=250 * UNIT), Decision("A", "grow", to=130 * UNIT), horizon=3)
    row = found.period[found.period["path"] == "scenario"].iloc[0]
    assert [float(row[n]) for n in ("opening_mrr", "expansion_mrr", "contraction_mrr", "churn_mrr", "closing_mrr")] == [
        600,
        30,
        50,
        200,
        380,
    ]
    assert (row["retained_accounts"], row["nrr"], row["grr"]) == (2, pytest.approx(380 / 600), pytest.approx(350 / 600))


def test_counts_of_accounts_follow_the_probability(flat):
    row = asked(flat, Decision("B", "lose", probability=0.25)).period.iloc[-1]
    assert (row["opening_accounts"], row["retained_accounts"]) == (3, 2.75)


def test_before_its_month_it_stays_and_changes_as_its_segment_does():
    """Contraction 100 of 600 a month for all: B keeps 5/6 a month until month 2, then pays 150."""
    data = make(FALLING, dimensions=("plan", "renewal_date"), last=M)
    found = asked(data, Decision("B", "shrink", to=150 * UNIT, month="2025-05"), horizon=3)
    assert mrr(found) == pytest.approx([500 * 5 / 6, 300 * 25 / 36 + 150, 300 * 125 / 216 + 150], abs=1e-3)


def test_where_what_was_decided_does_not_come_it_goes_on_as_its_segment_does():
    data = make(FALLING, dimensions=("plan", "renewal_date"), last=M)
    found = asked(data, Decision("B", "lose", probability=0.5, month="2025-04"), horizon=2)
    assert mrr(found) == pytest.approx([300 * 5 / 6 + 100 * 5 / 6, 300 * 25 / 36 + 100 * 25 / 36], abs=1e-3)


def test_a_renewed_account_never_churns():
    """Half of what is paid leaves every month; A is renewed and stays."""
    data = make(
        [("A", M - 2, None, 100 * UNIT, ()), ("B", M - 2, None, 100 * UNIT, ()), ("X", M - 2, M, 200 * UNIT, ())], last=M,
    )  # fmt: skip
    assert mrr(asked(data, Decision("A", "renew"), horizon=3)) == [150.0, 125.0, 112.5]


def test_an_unknown_account_is_noted_and_changes_nothing(flat):
    found = asked(flat, Decision("Nobody", "lose"))
    assert found.notes == ("“Nobody” is not in this data any more. Its decision is kept and has no effect.",)
    assert mrr(found) == mrr(found, "baseline")
    assert found.decided.empty
    assert found.effects["step"].tolist() == ["Baseline", "Scenario"]


def test_an_account_outside_the_filter_changes_no_number(flat):
    found = asked(flat, Decision("C", "lose"), where={"plan": ["Pro"]})
    assert mrr(found) == mrr(found, "baseline") == [300] * 4


def test_an_account_outside_the_filter_changes_no_number_of_a_window_from_the_past(flat):
    found = asked(flat, Decision("C", "grow", to=999 * UNIT), where={"plan": ["Pro"]}, card=nrr.Definition(window_months=3))
    both = [found.months[found.months["path"] == p].drop(columns="path").reset_index(drop=True) for p in ("baseline", "scenario")]
    pd.testing.assert_frame_equal(*both, check_exact=True)


WON_BACK = [*FLAT, ("L", M - 12, M - 2, 80 * UNIT, ("Pro", ""))]  # L left in January


@pytest.fixture(name="lapsed", scope="module")
def _lapsed():
    return make(WON_BACK, dimensions=("plan", "renewal_date"), last=M)


def test_a_lapsed_account_won_back_is_not_in_what_today_s_accounts_will_pay(lapsed):
    found = asked(lapsed, Decision("L", "grow", to=90 * UNIT, month="2025-05"))
    assert mrr(found) == [600] * 4
    assert found.decided[["mrr", "expected_mrr"]].to_numpy().tolist() == [[0, 90]]


def test_a_lapsed_account_won_back_is_outside_the_nrr_of_windows_that_it_did_not_pay_at_the_opening_of(lapsed):
    row = asked(lapsed, Decision("L", "grow", to=90 * UNIT, month="2025-05")).period.iloc[-1]
    assert (float(row["opening_mrr"]), float(row["closing_mrr"]), row["nrr"]) == (600, 600, 1.0)


def test_a_lapsed_account_won_back_counts_in_windows_that_it_paid_at_the_opening_of(lapsed):
    """Windows of six months: 2024-11 to 2025-05 opened with 680 and closes with 690; 2025-02 to 2025-08 opened without L."""
    found = asked(lapsed, Decision("L", "grow", to=90 * UNIT, month="2025-05"), horizon=5, card=nrr.Definition(window_months=6))
    rows = found.months[found.months["path"] == "scenario"].set_index("month")
    assert [float(x) for x in rows.loc["2025-05", ["opening_mrr", "closing_mrr", "expansion_mrr"]]] == [680, 690, 10]
    assert [float(x) for x in rows.loc["2025-04", ["opening_mrr", "closing_mrr", "churn_mrr"]]] == [680, 600, 80]
    assert [float(x) for x in rows.loc["2025-08", ["opening_mrr", "closing_mrr"]]] == [600, 600]


@pytest.mark.parametrize("action", ["lose", "shrink", "renew"])
def test_nothing_can_be_lost_of_who_pays_nothing(lapsed, action):
    to = 10 * UNIT if action == "shrink" else None
    found = asked(lapsed, Decision("L", action, to=to))
    assert any(f"“L” pays nothing now, so there is nothing to {action}" in note for note in found.notes)


@pytest.mark.parametrize("action", ["lose", "renew"])
def test_who_pays_nothing_and_is_not_won_back_changes_no_number(lapsed, action):
    found = asked(lapsed, Decision("L", action))
    assert mrr(found) == mrr(found, "baseline")


def test_odd_amounts_are_noted_and_computed_as_written(flat):
    found = asked(flat, Decision("A", "shrink", to=150 * UNIT, month="2025-04"), Decision("B", "grow", to=150 * UNIT))
    assert found.notes == (
        "“A” pays 100.00 now: “shrink” to 150.00 is not less. It is computed as written.",
        "“B” pays 200.00 now: “grow” to 150.00 is not more. It is computed as written.",
    )
    assert mrr(found) == [600] * 4


def test_a_decision_after_the_horizon_is_noted(flat):
    found = asked(flat, Decision("B", "lose", month="2025-08"))
    assert found.notes == ("The decision about “B” is for 2025-08, after the horizon: until then it stays as it is.",)


def test_what_was_decided_is_told_in_a_table(flat):
    found = asked(flat, Decision("A", "lose", probability=0.25), Decision("C", "grow", to=400 * UNIT)).decided
    assert found[["account_id", "action", "month", "probability"]].to_numpy().tolist() == [
        ["A", "lose", "2025-06", 0.25], ["C", "grow", "2025-04", 1.0],
    ]  # fmt: skip
    assert found[["mrr", "expected_mrr", "low_mrr", "high_mrr"]].to_numpy().tolist() == [
        [Decimal(100), Decimal(75), Decimal(0), Decimal(100)], [Decimal(300), Decimal(400), Decimal(400), Decimal(400)],
    ]  # fmt: skip


def test_what_cannot_happen_is_no_bound(flat):
    row = asked(flat, Decision("A", "lose", probability=0.0)).decided.iloc[0]
    assert (row["low_mrr"], row["high_mrr"], row["expected_mrr"]) == (100, 100, 100)


def test_two_decisions_about_one_account_are_refused():
    with pytest.raises(ScenarioError, match="“A” has two decisions"):
        Scenario(decisions=(Decision("A", "lose"), Decision("A", "renew")))


MOVING = [  # of 900 in Pro, X's 300 left in the last month; Basic lost nothing
    ("A", M - 12, None, 100 * UNIT, ("Pro",)), ("B", M - 12, None, 500 * UNIT, ("Pro",)), ("X", M - 12, M, 300 * UNIT, ("Pro",)),
    ("C", M - 12, None, 300 * UNIT, ("Basic",)),
]  # fmt: skip


def test_the_others_follow_the_same_rates_whatever_is_decided_about_one():
    """Churn 300 of 1,200: the others keep 3/4 a month of their 800, with B lost or with B renewed."""
    data = make(MOVING, dimensions=("plan",), last=M)
    lost = asked(data, Decision("B", "lose"), horizon=3)
    kept = asked(data, Decision("B", "renew"), horizon=3)
    others = [400 * 0.75**k for k in (1, 2, 3)]
    assert mrr(lost) == pytest.approx(others)
    assert mrr(kept) == pytest.approx([500 + left for left in others])


def test_other_segments_do_not_notice():
    data = make(MOVING, dimensions=("plan",), last=M)
    found = asked(data, Decision("B", "lose"), by="plan", horizon=3)
    assert mrr(found, segment="Basic") == mrr(found, "baseline", "Basic") == [300] * 3
    assert mrr(found, segment="Pro") == pytest.approx([100 * (2 / 3) ** k for k in (1, 2, 3)], abs=1e-3)


@pytest.mark.parametrize("action", ["lose", "renew", "grow", "shrink"])
@pytest.mark.parametrize("chance", [0.0, 0.3, 1.0])
def test_windows_that_open_after_the_start_open_with_what_is_expected_then(flat, action, chance):
    """Windows of one month: each opens with what the one before closed with."""
    to = {"grow": 260 * UNIT, "shrink": 140 * UNIT}.get(action)
    rows = asked(flat, Decision("B", action, to=to, probability=chance, month="2025-05")).months
    own = rows[rows["path"] == "scenario"]
    assert own["opening_mrr"].tolist()[1:] == own["closing_mrr"].tolist()[:-1]
    assert own["opening_accounts"].tolist()[1:] == pytest.approx(own["retained_accounts"].tolist()[:-1])


def test_an_account_lost_in_one_month_is_out_of_the_next_window(flat):
    rows = asked(flat, Decision("B", "lose", month="2025-05")).months
    own = rows[rows["path"] == "scenario"]
    assert [round(float(x), 6) for x in own["nrr"]] == [1.0, round(400 / 600, 6), 1.0, 1.0]


def test_the_order_of_decisions_changes_nothing(flat):
    two = (Decision("B", "lose", probability=0.3), Decision("A", "grow", to=130 * UNIT))
    first, second = asked(flat, *two), asked(flat, *two[::-1])
    pd.testing.assert_frame_equal(first.months, second.months, check_exact=True)


def test_deciding_for_everybody_that_nothing_changes_leaves_what_is_paid(flat):
    found = asked(flat, *(Decision(name, "renew") for name in "ABC"))
    assert mrr(found) == [600] * 4
    assert np.allclose(found.period["grr"], 1.0)


def test_who_arrived_after_a_window_opened_is_not_in_it():
    """N came in February: a decision about it moves the period, not the window that opened in January."""
    data = make([*FLAT, ("N", M - 1, None, 50 * UNIT, ("Pro", ""))], dimensions=("plan", "renewal_date"), last=M)
    found = asked(data, Decision("N", "lose"), horizon=1, card=nrr.Definition(window_months=3))
    assert found.months[found.months["path"] == "scenario"]["nrr"].item() == 1.0
    assert found.period[found.period["path"] == "scenario"]["nrr"].item() == pytest.approx(600 / 650)
