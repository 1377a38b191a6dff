"""Effects, goal seek, accounts to save, tornado, simulation and the back-test under any card: run again, they hold."""

import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from ledgers import make
from oracle import month

import nrr_core as nrr
from nrr_core.errors import ScenarioError
from nrr_core.scenarios import Decision, Lever, Scenario, backtest, compare, open_book, project, runway, save, seek, simulate, tornado
from nrr_core.schema import ALL, UNIT

CARDS = {
    "standard": nrr.Definition(),
    "returns counted": nrr.Definition(returns="all", window_months=4),
    "segment at close": nrr.Definition(segment_as_of="close", window_months=4),
    "smallest opening": nrr.Definition(min_opening_mrr=120 * UNIT, window_months=4),
    "movements": nrr.Definition(family="movements", window_months=4),
    "movements with returns": nrr.Definition(family="movements", returns="opening", window_months=4),
    "movements of all": nrr.Definition(family="movements", population="all", returns="all", window_months=4),
    "chained": nrr.Definition(family="chained", window_months=4),
    "averaged": nrr.Definition(family="averaged", average_months=3, window_months=4),
    "weighted": nrr.Definition(family="chained", average="weighted", average_months=3, window_months=2),
    "revenue window": nrr.Definition(family="revenue_window", window_months=4),
}
PLAN = Scenario((Lever("churn", 0.4), Lever("win_back", 0.3)), horizon=7, months=6)


M = month("2025-03")


@pytest.fixture(name="book", scope="module")
def _book():
    """300 accounts over 30 months that grow, shrink, leave, and now and then come back."""
    luck, lines = random.Random(4), []
    for n in range(300):
        at, mrr, plan = M - luck.randrange(20, 31), luck.randrange(80, 400), luck.choice(["Pro", "Basic"])
        while at <= M:
            until = at + luck.randrange(3, 14)
            lines.append((f"A{n}", at, until, mrr * UNIT, (plan,)))
            happens = luck.random()
            if happens < 0.25:
                if happens > 0.12:
                    break
                until += luck.randrange(2, 5)
            mrr = max(int(mrr * luck.choice([0.7, 0.9, 1.0, 1.2, 1.5])), 20)
            plan = luck.choice([plan, plan, "Team"])
            at = until
    return make(lines, dimensions=("plan",), last=M)


@pytest.fixture(scope="module", params=list(CARDS))
def card(request):
    return CARDS[request.param]


def total(frame, path="scenario"):
    return frame[(frame["path"] == path) & (frame["segment"] == ALL)].reset_index(drop=True)


def nrr_of(book, scenario, card):
    return float(total(project(book, scenario, card=card).period)["nrr"].iloc[0])


def test_effects_add_up_and_mrr_is_the_same_under_every_card(book, card):
    effects = project(book, PLAN.replaced(decisions=(decided(book, 0),)), card=card).effects
    parts = effects[effects["kind"] != "total"]
    for name in ("nrr", "logo_retention"):
        assert effects[name].iloc[0] + parts[name].sum() == pytest.approx(effects[name].iloc[-1], abs=1e-12)
    standard = project(book, PLAN.replaced(decisions=(decided(book, 0),))).effects
    assert effects["mrr"].tolist() == standard["mrr"].tolist()
    assert sum(effects["mrr"].iloc[:-1]) == effects["mrr"].iloc[-1]


def decided(book, place):
    who = nrr.accounts(book, close="2025-03", window=1, limit=20)["account_id"]
    return Decision(who.iloc[place], "lose", probability=0.5)


def test_what_is_sought_reaches_the_target_when_it_is_run_again(book, card):
    now = nrr_of(book, PLAN, card)
    target = now + 0.02
    found = seek(book, PLAN, Lever("churn", 0.0), target=target, card=card)
    assert found.scenario is not None
    assert nrr_of(book, found.scenario, card) == pytest.approx(target, abs=1e-6)
    weaker = PLAN.replaced(levers=(*PLAN.levers, Lever("churn", found.change * 0.9)))
    assert nrr_of(book, weaker, card) < target - 1e-4  # the control: a weaker lever does not


def test_accounts_to_save_reach_the_target_and_one_fewer_does_not(book, card):
    target = nrr_of(book, PLAN, card) + 0.03
    found = save(book, PLAN, target=target, card=card)
    assert found.scenario is not None
    assert len(found.accounts) > 1
    for count in (1, len(found.accounts) - 1, len(found.accounts)):
        kept = tuple(Decision(account, "renew") for account in found.accounts["account_id"].iloc[:count])
        again = nrr_of(book, PLAN.replaced(decisions=kept), card)
        assert found.accounts["nrr"].iloc[count - 1] == pytest.approx(again, abs=2e-6)
        assert (again >= target - 2e-6) == (count == len(found.accounts))
    assert found.reached == pytest.approx(nrr_of(book, found.scenario, card), abs=2e-6)


@pytest.mark.parametrize("name", ["movements", "chained", "revenue window"])
def test_gains_over_the_opening_alone_would_miss(book, name):
    """The control: what the standard answers, (closing + gains) ÷ opening, is not the NRR of these cards."""
    found, period = (f(book, PLAN, card=CARDS[name]) for f in (lambda *a, **k: save(*a, target=nrr_of(*a, **k) + 0.03, **k), project))
    row = total(project(book, PLAN).period).iloc[0]
    plain = float((row["closing_mrr"] + found.accounts["gain_mrr"].sum()) / row["opening_mrr"])
    assert abs(plain - found.reached) > 1e-3
    assert period.start == "2025-03"


def test_the_tornado_stands_on_the_card(book, card):
    frame = tornado(book, PLAN, card=card)
    assert frame.attrs["base"] == pytest.approx(nrr_of(book, PLAN, card), abs=1e-12)
    row = frame[frame["lever"] == "Expansion"].iloc[0]
    more = PLAN.replaced(levers=(*PLAN.levers, Lever("expansion", 0.1)))
    assert row["high"] == pytest.approx(nrr_of(book, more, card), abs=1e-12)


def band(found, measure, share=0.0, side="low"):
    rows = found.bands[(found.bands["measure"] == measure) & (found.bands["share"] == share)]
    return rows[side].to_numpy()


def test_the_median_of_outcomes_is_near_the_projection(book, card):
    """The control: the medians of another card are not (where the cards differ by more than that)."""
    held = open_book(book, PLAN, card=card)
    found, expected = simulate(held, PLAN, draws=2_000), project(held, PLAN)
    months, period = total(expected.months)["nrr"].to_numpy(), float(total(expected.period)["nrr"].iloc[0])
    assert np.isnan(band(found, "nrr")).tolist() == np.isnan(months).tolist()
    known = ~np.isnan(months)
    assert band(found, "nrr")[known] == pytest.approx(months[known], abs=0.008)
    assert band(found, "period_nrr")[-1] == pytest.approx(period, abs=0.008)
    assert band(found, "mrr")[-1] == pytest.approx(float(expected.effects["mrr"].iloc[-1]), rel=0.01)
    other = total(project(book, PLAN, card=replace(CARDS["movements of all"], window_months=3)).months)["nrr"].to_numpy()
    assert np.nanmax(np.abs(band(found, "nrr") - other)) > 0.008


def test_bands_lie_inside_each_other(book, card):
    found = simulate(book, PLAN.replaced(decisions=(decided(book, 1),)), draws=300, card=card)
    for measure in ("nrr", "period_nrr", "mrr"):
        edges = [*(band(found, measure, s) for s in (0.95, 0.8, 0.5, 0.0)), *(band(found, measure, s, "high") for s in (0.5, 0.8, 0.95))]
        steps = np.diff(np.array(edges), axis=0)
        assert (steps[~np.isnan(steps)] >= 0).all()


def test_what_is_certain_does_not_spread(card):
    """Nobody ever left, shrank or grew: every outcome is the projection, under every card."""
    data = make([(name, M - 30, None, 200 * UNIT, ()) for name in "ABC"], last=M)
    found = simulate(data, Scenario(horizon=4), draws=100, card=card)
    for measure in ("nrr", "period_nrr"):
        low, high = band(found, measure, 0.95), band(found, measure, 0.95, "high")
        assert low == pytest.approx(1.0, abs=1e-6)
        assert high == pytest.approx(1.0, abs=1e-6)


def test_the_back_test_is_about_the_model_of_mrr(book, card):
    asked, plain = (backtest(book, card=one) for one in (card, card.at_both_ends()))
    pd.testing.assert_frame_equal(asked.forecasts, plain.forecasts, check_exact=True)
    assert asked.summary.attrs["stamp"]["definition_hash"] == card.at_both_ends().short_hash


def test_the_runway_and_a_comparison_take_any_card(book, card):
    pd.testing.assert_frame_equal(runway(book, card=card), runway(book), check_exact=True)
    table, paths = compare(book, [PLAN, PLAN.replaced(levers=())], card=card)
    assert table["nrr"].tolist() == [pytest.approx(nrr_of(book, one, card)) for one in (PLAN, PLAN.replaced(levers=()))]
    assert paths.attrs["stamp"]["definition_hash"] == card.short_hash


def test_a_period_longer_than_its_past_has_no_revenue_window_and_says_so():
    data = make([("A", M - 3, None, 200 * UNIT, ()), ("B", M - 3, M, 100 * UNIT, ())], last=M)
    card, plan = nrr.Definition(family="revenue_window", window_months=2), Scenario(horizon=9, months=3)
    assert np.isnan(project(data, plan, card=card).effects["nrr"]).all()
    assert not np.isnan(project(data, plan.replaced(horizon=4), card=card).effects["nrr"]).any()  # the control
    for question in (lambda: seek(data, plan, Lever("churn", 0.0), target=1.1, card=card), lambda: save(data, plan, target=1.1, card=card)):
        with pytest.raises(ScenarioError, match="as many before them, and the data begins in 2024-12"):
            question()
