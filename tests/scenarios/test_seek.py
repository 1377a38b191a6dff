"""Goal seek: what is found reaches the target when it is run again, and less does not."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from ledgers import make
from oracle import month
from worlds import START, lines

from nrr_core.errors import NrrError, ScenarioError
from nrr_core.scenarios import Decision, Lever, Scenario, open_book, project, save, seek
from nrr_core.scenarios.scenario import allowed
from nrr_core.schema import ALL, UNIT

M = month("2025-03")
PLANS = ("Basic", "Pro")
LEDGER = [  # of 1,000 a month ago: 100 left, C shrank by 100, D grew by 50; then everything happens again each month
    ("A", M - 12, None, 300 * UNIT, ("Pro",)), ("B", M - 12, None, 200 * UNIT, ("Basic",)),
    ("C", M - 12, M, 250 * UNIT, ("Basic",)), ("C", M, None, 150 * UNIT, ("Basic",)),
    ("D", M - 12, M, 150 * UNIT, ("Pro",)), ("D", M, None, 200 * UNIT, ("Pro",)), ("X", M - 12, M, 100 * UNIT, ("Pro",)),
]  # fmt: skip
SCOPES = ((), *((("plan", (plan,)),) for plan in PLANS))
SHAPE = {"horizon": 6, "months": 1}


def period(found, measure="nrr", path="scenario"):
    rows = found.period
    return float(rows[(rows["path"] == path) & (rows["segment"] == ALL)][measure].iloc[0])


@pytest.fixture(name="data", scope="module")
def _data():
    return make(LEDGER, dimensions=("plan",), last=M)


@pytest.fixture(name="book", scope="module")
def _book(data):
    return open_book(data, Scenario(levers=tuple(Lever("churn", 0.0, where=scope) for scope in SCOPES), **SHAPE))


SOUGHT = st.builds(
    lambda kind, scope, absolute, ramp, start: Lever(
        kind, 0.0, "absolute" if kind == "win_back" or (absolute and kind != "price") else "relative", scope, start, ramp
    ),
    st.sampled_from(["churn", "contraction", "expansion", "price", "win_back"]), st.sampled_from(SCOPES), st.booleans(), st.integers(1, 4),
    st.none() | st.sampled_from(["2025-04", "2025-06", "2025-08"]),
)  # fmt: skip
OTHERS = st.lists(
    st.builds(lambda change, scope: Lever("churn", change / 10, where=scope), st.integers(-5, 5), st.sampled_from(SCOPES)), max_size=1
)


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.tuples(SOUGHT, OTHERS), st.integers(20, 130), st.sampled_from(["nrr", "grr", "logo_retention"]), st.booleans())
def test_the_answer_reaches_the_target_and_a_smaller_change_does_not(book, levers, percent, measure, decided):
    lever, others = levers
    decisions = (Decision("A", "lose", probability=0.5),) if decided else ()
    scenario, target = Scenario(levers=tuple(others), decisions=decisions, **SHAPE), percent / 100
    found = seek(book, scenario, lever, target=target, measure=measure)
    if found.scenario is None:
        assert found.change is None
        assert found.reached < target
        low, high = allowed(lever)
        for change in (low, high):
            extreme = scenario.replaced(levers=(*others, Lever(lever.kind, change, lever.mode, lever.where, lever.start, lever.ramp)))
            assert period(project(book, extreme), measure) <= found.reached + 1e-9
        return
    low, high = allowed(lever)
    assert low <= found.change <= high
    assert period(project(book, found.scenario), measure) == found.reached >= target
    if found.change:
        *kept, last = found.scenario.levers
        less = Lever(last.kind, last.change * 0.999, last.mode, last.where, last.start, last.ramp)
        assert period(project(book, scenario.replaced(levers=(*kept, less))), measure) < target


@settings(max_examples=5)
@given(lines(), st.integers(60, 120), st.sampled_from(["churn", "expansion", "price"]))
def test_the_answer_reaches_the_target_whatever_the_ledger(ledger, percent, kind):
    data = make(ledger, dimensions=("plan",), last=START)
    found = seek(data, Scenario(horizon=5, months=6), Lever(kind, 0.0), target=percent / 100)
    assume(found.scenario is not None)
    assert period(project(data, found.scenario)) == found.reached >= percent / 100


def test_the_change_by_hand():
    """One month, 1 of 4 leaves: to keep 90 % churn must be 0.1 in place of 0.25, 60 % less."""
    data = make([("A", M - 2, None, 300 * UNIT, ()), ("X", M - 2, M, 100 * UNIT, ())], last=M)
    found = seek(data, Scenario(horizon=1, months=1), Lever("churn", 0.0), target=0.9)
    assert found.change == pytest.approx(-0.6, abs=1e-6)
    assert found.text == "Churn −60% brings NRR to 90.0% by Apr 2025."


def test_points_by_hand():
    data = make([("A", M - 2, None, 300 * UNIT, ()), ("X", M - 2, M, 100 * UNIT, ())], last=M)
    found = seek(data, Scenario(horizon=1, months=1), Lever("churn", 0.0, "absolute"), target=0.9)
    assert found.change == pytest.approx(-0.15, abs=1e-6)


def test_what_cannot_be_reached_says_how_far_it_goes():
    """Without any contraction nothing changes here: a quarter still leaves."""
    data = make([("A", M - 2, None, 300 * UNIT, ()), ("X", M - 2, M, 100 * UNIT, ())], last=M)
    found = seek(data, Scenario(horizon=1, months=1), Lever("contraction", 0.0), target=0.9)
    assert (found.change, found.scenario, found.reached) == (None, None, 0.75)
    assert found.text == "This lever alone can't bring NRR to 90.0% by Apr 2025: the most it reaches is 75.0%."


def test_what_is_reached_already_needs_no_change(book):
    found = seek(book, Scenario(**SHAPE), Lever("churn", 0.0), target=0.05)
    assert found.change == 0.0
    assert found.reached == period(project(book, Scenario(**SHAPE)))
    assert found.text.startswith("Without any change of this lever NRR is")


def test_a_rise_that_must_be_avoided_is_not_sought():
    """Below what is there already: nothing has to be done, although more churn would bring it exactly there."""
    data = make([("A", M - 2, None, 300 * UNIT, ())], last=M)
    assert seek(data, Scenario(horizon=1), Lever("churn", 0.0), target=0.5).change == 0.0


def test_a_month_before_the_end_of_the_horizon_may_be_named():
    """A price rise of 10 % by April, not by the end: 100 % → 110 %."""
    data = make([("A", M - 2, None, 300 * UNIT, ())], last=M)
    found = seek(data, Scenario(horizon=6), Lever("price", 0.0, ramp=2), target=1.1, by_month="2025-04")
    assert found.change == pytest.approx(0.2, abs=1e-6)  # half of it is at work in the first of two months
    assert "by Apr 2025" in found.text


@pytest.mark.parametrize("by_month", ["2025-03", "2025-10", "2031-01"])
def test_a_month_outside_the_horizon_is_a_sentence(book, by_month):
    with pytest.raises(ScenarioError, match=f"{by_month} is not in the horizon: 2025-04 to 2025-09"):
        seek(book, Scenario(**SHAPE), Lever("churn", 0.0), target=1.0, by_month=by_month)


def test_a_lever_that_begins_after_the_month_is_a_sentence(book):
    with pytest.raises(ScenarioError, match="The lever begins in 2025-06, after 2025-05: it can't move that month"):
        seek(book, Scenario(**SHAPE), Lever("churn", 0.0, start="2025-06"), target=1.0, by_month="2025-05")


def test_a_lever_may_begin_in_the_month_itself(book):
    found = seek(book, Scenario(**SHAPE), Lever("price", 0.0, start="2025-05"), target=0.9, by_month="2025-05")
    assert found.reached >= 0.9


def test_other_measures_are_not_sought(book):
    with pytest.raises(ScenarioError, match=r"“mrr” can't be sought\. Allowed: nrr, grr, logo_retention"):
        seek(book, Scenario(**SHAPE), Lever("churn", 0.0), target=1.0, measure="mrr")


def test_an_unknown_place_is_a_sentence(data):
    with pytest.raises(NrrError, match="has no segment"):
        seek(data, Scenario(**SHAPE), Lever("churn", 0.0, where=(("plan", ("Proo",)),)), target=1.0)


def test_a_filter_and_a_card_go_with_the_question(data):
    """Pro alone: 500 now; X's 100 of 550 leave, D's 50 of the 450 that stay are won."""
    found = seek(data, Scenario(horizon=1, months=1), Lever("churn", 0.0), target=1.0, where={"plan": ["Pro"]})
    again = project(data, found.scenario, where={"plan": ["Pro"]})
    assert period(again) == found.reached == pytest.approx(1.0, abs=1e-6)
    assert found.change == pytest.approx(-0.45, abs=1e-4)  # (1 − churn) × (10/9) = 1: churn 0.1 in place of 100/550


def nobody():
    return make([("A", M - 4, M, 100 * UNIT, ())], last=M)


def test_where_nobody_pays_nothing_can_be_sought():
    found = seek(nobody(), Scenario(months=1), Lever("churn", 0.0), target=1.0)
    assert found.scenario is None
    assert found.text.endswith("the most it reaches is –.")


# Whom to keep ---------------------------------------------------------------------------------------------------------------------------

LEAVING = [
    ("A", M - 2, None, 400 * UNIT, ()),
    ("B", M - 2, None, 200 * UNIT, ()),
    ("C", M - 2, None, 200 * UNIT, ()),
    ("X", M - 2, M, 800 * UNIT, ()),
]
ONE_MONTH = Scenario(horizon=1, months=1)  # half of everything leaves: 400 of 800 is expected


def test_the_gap_is_exact():
    saved = save(make(LEAVING, last=M), ONE_MONTH, target=0.625)
    assert saved.gap == Decimal("100.0000")  # 500 of 800 are wanted


@pytest.mark.parametrize(
    ("target", "accounts", "reached"),
    [
        (0.5, [], 0.5),
        (0.6, ["A"], 0.75),
        (0.75, ["A"], 0.75),
        (0.76, ["A", "B"], 0.875),
        (0.875, ["A", "B"], 0.875),
        (0.9, ["A", "B", "C"], 1.0),
    ],
)
def test_the_smallest_set_by_hand(target, accounts, reached):
    """Keeping an account gains the half of it that would leave: 200, 100, 100."""
    saved = save(make(LEAVING, last=M), ONE_MONTH, target=target)
    assert saved.accounts["account_id"].tolist() == accounts
    assert saved.reached == pytest.approx(reached)
    assert [d.account for d in saved.scenario.decisions] == accounts


def test_the_set_is_told_in_a_table():
    rows = save(make(LEAVING, last=M), ONE_MONTH, target=0.8).accounts
    assert rows[["mrr", "expected_mrr", "gain_mrr"]].to_numpy().tolist() == [[400, 200, 200], [200, 100, 100]]
    assert rows["nrr"].tolist() == [0.75, 0.875]


def test_what_cannot_be_saved_is_said():
    saved = save(make(LEAVING, last=M), ONE_MONTH, target=1.2)
    assert saved.scenario is None
    assert (len(saved.accounts), saved.reached, saved.gap) == (3, 1.0, Decimal(560))
    assert saved.text == "Keeping the 3 accounts with the most at stake brings NRR to 100.0% by Apr 2025, not to 120.0%."


def test_no_more_accounts_than_allowed():
    saved = save(make(LEAVING, last=M), ONE_MONTH, target=0.9, most=2)
    assert (saved.scenario, len(saved.accounts), saved.reached) == (None, 2, 0.875)


def test_where_nobody_is_expected_to_leave_keeping_gains_nothing():
    saved = save(make([("A", M - 2, None, 100 * UNIT, ())], last=M), ONE_MONTH, target=1.1)
    assert (saved.scenario, len(saved.accounts)) == (None, 0)
    assert saved.text == "Nobody is expected to leave, so NRR stays at 100.0% by Apr 2025, whoever is kept: not 110.0%."


def test_one_account_alone_is_not_called_accounts():
    saved = save(make([LEAVING[0], LEAVING[-1]], last=M), ONE_MONTH, target=1.2)
    assert saved.text.startswith("Keeping the account with the most at stake brings NRR to 100.0%")


def test_nothing_to_save_is_said():
    saved = save(make(LEAVING, last=M), ONE_MONTH, target=0.4)
    assert saved.gap == 0
    assert saved.scenario == ONE_MONTH
    assert saved.text == "NRR reaches 40.0% by Apr 2025 without saving anybody."


def test_an_account_that_was_given_up_comes_first_where_it_is_worth_most():
    """Lost for certain, B is worth 200 when it is kept: as much as A, whose other half stays anyway; lost, C would be third."""
    scenario = ONE_MONTH.replaced(decisions=(Decision("B", "lose"),))
    saved = save(make(LEAVING, last=M), scenario, target=0.6)
    assert saved.gap == Decimal("180.0000")  # 200 + 0 + 100 of 800 are expected, 480 wanted
    assert saved.accounts["gain_mrr"].tolist() == [200]
    big = [("A", M - 2, None, 300 * UNIT, ()), *LEAVING[1:3], ("X", M - 2, M, 700 * UNIT, ())]
    found = save(make(big, last=M), scenario, target=0.6)
    assert found.accounts[["account_id", "gain_mrr"]].to_numpy().tolist() == [["B", 200]]
    assert found.scenario.decisions == (Decision("B", "renew"),)


def test_other_decisions_are_kept():
    scenario = ONE_MONTH.replaced(decisions=(Decision("C", "grow", to=300 * UNIT), Decision("B", "lose")))
    saved = save(make(LEAVING, last=M), scenario, target=0.9)
    assert saved.scenario.decisions[0] == Decision("C", "grow", to=300 * UNIT)
    assert {d.account: d.action for d in saved.scenario.decisions} == {"C": "grow", "A": "renew", "B": "renew"}


def test_where_nobody_pays_there_is_nothing_to_save():
    with pytest.raises(ScenarioError, match="Nobody pays at the start in this selection, so there is nothing to save"):
        save(nobody(), Scenario(months=1), target=1.0)


def checked(source, scenario, target, found):
    """What was saved is run again, then with the last account left out."""
    if found.scenario is None:
        assert found.reached < target
        return
    row = project(source, found.scenario).period.iloc[-1]
    opening = float(row["opening_mrr"])
    step = 1e-4 * (len(found.accounts) + 4) / opening  # each amount is rounded once, to ten-thousandths
    assert row["nrr"] >= target - step
    assert row["nrr"] == pytest.approx(found.reached, abs=2 * step)
    if len(found.accounts):
        last = found.accounts["account_id"].iloc[-1]
        before = [d for d in scenario.decisions if d.account == last]
        fewer = (*(d for d in found.scenario.decisions if d.account != last), *before)
        assert project(source, scenario.replaced(decisions=fewer)).period.iloc[-1]["nrr"] < target + step


DECIDED = st.lists(
    st.tuples(st.sampled_from("ABCD"), st.sampled_from(["lose", "renew", "shrink"]), st.integers(0, 10)),
    max_size=3,
    unique_by=lambda one: one[0],
).map(lambda found: tuple(Decision(a, what, to=100 * UNIT if what == "shrink" else None, probability=p / 10) for a, what, p in found))


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(DECIDED, st.integers(20, 110), st.integers(-5, 5))
def test_saving_reaches_the_target_and_one_account_fewer_does_not(book, decisions, percent, tenths):
    scenario = Scenario((Lever("churn", tenths / 10),), decisions, **SHAPE)
    checked(book, scenario, percent / 100, save(book, scenario, target=percent / 100))


@settings(max_examples=5)
@given(lines(), st.integers(40, 110))
def test_saving_reaches_the_target_whatever_the_ledger(ledger, percent):
    data = make(ledger, dimensions=("plan",), last=START)
    scenario = Scenario(horizon=6, months=6)
    checked(data, scenario, percent / 100, save(data, scenario, target=percent / 100))


def test_accounts_are_kept_for_an_earlier_month_too():
    """100 of 500 left in March, so a fifth leaves every month: keeping the larger account gains 60 of its 300 by April."""
    start = month("2025-03")
    flat = [("A", start - 4, None, 100 * UNIT, ()), ("B", start - 4, None, 300 * UNIT, ()), ("C", start - 4, start, 100 * UNIT, ())]
    data, scenario = make(flat, last=start), Scenario(horizon=6, months=1, contracts="")
    first = save(data, scenario, target=0.85, by_month="2025-04")
    assert first.accounts["account_id"].tolist() == ["B"]
    assert first.accounts["gain_mrr"].tolist() == [Decimal("60.0000")]
    assert first.reached == pytest.approx((80 + 300) / 400)
    with pytest.raises(ScenarioError, match="not in the horizon"):
        save(data, scenario, target=0.9, by_month="2026-04")
