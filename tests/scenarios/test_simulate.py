"""Monte Carlo: the same rates as chances, so that its middle is the projection and its spread can be known beforehand."""

import math
import random

import numpy as np
import pandas as pd
import pytest
from ledgers import make
from oracle import month

import nrr_core as nrr
from nrr_core.errors import ScenarioError
from nrr_core.scenarios import Decision, Lever, Scenario, open_book, project, simulate
from nrr_core.scenarios.chances import chances
from nrr_core.scenarios.crowd import crowd
from nrr_core.scenarios.pace import factors
from nrr_core.scenarios.roster import roster
from nrr_core.scenarios.singles import singles
from nrr_core.schema import ALL, UNIT

M = month("2025-03")
ONE = nrr.Definition(window_months=1)


def random_book(accounts=300, seed=3):
    """Accounts of 50 to 150 over 18 months: each month 2 % leave, 4 % grow by a tenth, 3 % shrink by a fifth."""
    draw = random.Random(seed)
    lines = []
    for number in range(accounts + 100):
        name, mrr, since = f"A{number}", draw.randint(50, 150) * UNIT, M - 17
        plan = (draw.choice(["Basic", "Pro"]),)
        for now in range(M - 16, M + 1):
            luck = draw.random()
            if luck < 0.02 or luck > 0.93:
                lines.append((name, since, now, mrr, plan))
                since = now
                mrr = round(mrr * (1.1 if luck > 0.96 else 0.8))
            if luck < 0.02:
                break
        else:
            lines.append((name, since, None, mrr, plan))
    return make(lines, dimensions=("plan",), last=M)


@pytest.fixture(name="book", scope="module")
def _book():
    return random_book()


@pytest.fixture(name="equal", scope="module")
def _equal():
    """200 equal accounts, of 250 that paid a month before: a fifth leaves every month, nothing else ever happens."""
    gone = [(f"X{n}", M - 12, M, 100 * UNIT, ()) for n in range(50)]
    return make([*((f"A{n}", M - 12, None, 100 * UNIT, ()) for n in range(200)), *gone], last=M)


@pytest.fixture(name="flat", scope="module")
def _flat():
    return make([("A", M - 12, None, 100 * UNIT, ()), ("B", M - 12, None, 300 * UNIT, ())], last=M)


def bands(found, measure, share):
    rows = found.bands[(found.bands["measure"] == measure) & (found.bands["share"] == share)]
    return rows["low"].to_numpy(), rows["high"].to_numpy()


def test_the_same_seed_gives_the_same_figures(book):
    scenario = Scenario(horizon=6)
    one, two = (simulate(book, scenario, draws=200, seed=11, target=0.9) for _ in range(2))
    pd.testing.assert_frame_equal(one.bands, two.bands, check_exact=True)
    assert one.chance == two.chance


def test_another_seed_gives_others(book):
    one, two = (simulate(book, Scenario(horizon=6), draws=200, seed=seed) for seed in (1, 2))
    assert not one.bands.equals(two.bands)


SCENARIOS = {
    "baseline": Scenario(horizon=8),
    "by plan": Scenario(horizon=8, by="plan"),
    "levers": Scenario((Lever("churn", -0.5), Lever("price", 0.05, loss=0.02, ramp=3), Lever("win_back", 0.3, delay=2)), horizon=8),
}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_means_are_the_projection_s_within_four_standard_errors(book, scenario):
    alone, _ = both_ways(book, scenario)
    today, months = alone[-1, 1:], project(book, scenario).months
    expected = months[(months["path"] == "scenario") & (months["segment"] == ALL)]["mrr"].astype(float).to_numpy()
    assert (np.abs(today.mean(axis=1) - expected) < 4 * today.std(axis=1) / math.sqrt(4_000)).all()


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
@pytest.mark.parametrize("measure", ["nrr", "mrr"])
def test_medians_lie_near_the_projection(book, scenario, measure):
    """Within a fifth of a standard deviation (half of the outcomes lie within 0.674): a few may leave, so luck is lopsided."""
    found = simulate(book, scenario, draws=2_000)
    months = project(book, scenario).months
    expected = months[(months["path"] == "scenario") & (months["segment"] == ALL)][measure].astype(float).to_numpy()
    low, high = bands(found, measure, 0.5)
    assert found.singly == len(roster(open_book(book, scenario)).mrr)
    assert (np.abs(bands(found, measure, 0.0)[0] - expected) < 0.2 * (high - low) / (2 * 0.6745)).all()


def exact_range(count, chance, share):
    """The lowest and highest number of successes between which a binomial variable lies with this probability."""
    mass = np.cumsum([math.comb(count, k) * chance**k * (1 - chance) ** (count - k) for k in range(count + 1)])
    return np.searchsorted(mass, [0.5 - share / 2, 0.5 + share / 2])


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_equal_accounts_that_only_leave_spread_like_a_binomial_variable(equal, share):
    """Of 200 accounts each is still there after k months with 0.8 to the power of k."""
    found = simulate(equal, Scenario(horizon=3, months=1), draws=10_000)
    for k, (low, high) in enumerate(zip(*bands(found, "mrr", share), strict=True), 1):
        assert [low / 100, high / 100] == pytest.approx(exact_range(200, 0.8**k, share), abs=1)


def test_the_chance_of_a_target_is_that_of_a_binomial_variable(equal):
    """At least 80 % of 200: 160 or more of Binomial(200, 0.8)."""
    exact = sum(math.comb(200, k) * 0.8**k * 0.2 ** (200 - k) for k in range(160, 201))
    found = simulate(equal, Scenario(horizon=1, months=1), draws=10_000, target=0.8)
    assert found.chance == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 10_000))


def both_ways(data, scenario, draws=4_000):
    """Everybody one by one, and everybody as a crowd: windows × months × draws each."""
    book = open_book(data, scenario, card=nrr.Definition(window_months=6))
    made = book.pace(scenario.levers, horizon=scenario.horizon)
    people, chance = roster(book), chances(book.rates, book.groups, made)
    shape = {"draws": draws, "horizon": scenario.horizon}
    alone = singles(people, chance, made, np.random.default_rng(1), **shape)
    return alone, crowd(people, chance, made, factors(made), np.random.default_rng(2), **shape)


@pytest.mark.parametrize("by", [None, "plan"])
def test_a_crowd_has_the_mean_and_the_spread_of_its_accounts(book, by):
    alone, together = both_ways(book, Scenario(horizon=6, by=by))
    deviation = alone[:, 1:].std(axis=2)
    assert (np.abs(alone.mean(axis=2) - together.mean(axis=2))[:, 1:] < 5 * deviation * math.sqrt(2 / 4_000)).all()
    assert together[:, 1:].std(axis=2) == pytest.approx(deviation, rel=0.08)


def test_a_crowd_s_months_hang_together_as_its_accounts_do(book):
    alone, together = both_ways(book, Scenario(horizon=6))
    for one in (alone, together):
        later = np.corrcoef(one[-1, 2], one[-1, 6])[0, 1]
        assert later == pytest.approx(np.corrcoef(alone[-1, 2], alone[-1, 6])[0, 1], abs=0.05)
        assert later > 0.4


def test_a_crowd_of_many_groups_has_the_same_mean_and_spread():
    """More groups than the crowd keeps apart: contract ends of many months and terms."""
    lines = [(f"A{n}", M - 6, None, 100 * UNIT, (f"2025-{4 + n % 9:02d}-01", str(13 + n // 9))) for n in range(400)]
    lines += [(f"X{n}", M - 6, M, 100 * UNIT, ("", "")) for n in range(20)]
    data = make(lines, dimensions=("renewal_date", "contract_term_months"), last=M)
    alone, together = both_ways(data, Scenario(horizon=10, months=1))
    deviation = alone[-1, 1:].std(axis=1)
    assert (np.abs(alone[-1, 1:].mean(axis=1) - together[-1, 1:].mean(axis=1)) < 5 * deviation * math.sqrt(2 / 4_000) + 1e-6).all()
    assert together[-1, 1:].std(axis=1) == pytest.approx(deviation, rel=0.08)


def test_beyond_2000_accounts_the_largest_1000_are_followed_one_by_one():
    """2,400 equal accounts of which a fifth leaves: the spread of a binomial variable all the same."""
    lines = [(f"A{n}", M - 2, None, 100 * UNIT, ()) for n in range(2_400)] + [("X", M - 2, M, 60_000 * UNIT, ())]
    found = simulate(make(lines, last=M), Scenario(horizon=2, months=1), draws=2_000, card=ONE)
    assert found.singly == 1_000
    low, high = bands(found, "mrr", 0.8)
    for k in (1, 2):
        wide = 2 * 1.2816 * math.sqrt(2_400 * 0.8**k * (1 - 0.8**k)) * 100
        assert high[k - 1] - low[k - 1] == pytest.approx(wide, rel=0.1)
        assert bands(found, "mrr", 0.0)[0][k - 1] == pytest.approx(240_000 * 0.8**k, rel=0.005)


def test_a_target_nobody_misses_has_chance_one_and_one_nobody_reaches_has_none(equal):
    scenario = Scenario(horizon=2, months=1)
    assert simulate(equal, scenario, draws=200, target=0.01).chance == 1.0
    assert simulate(equal, scenario, draws=200, target=1.01).chance == 0.0


def test_without_a_target_there_is_no_chance_and_the_scenario_s_counts(equal):
    assert simulate(equal, Scenario(horizon=1), draws=100).chance is None
    held = simulate(equal, Scenario(horizon=1, target=0.01), draws=100)
    assert (held.target, held.chance) == (0.01, 1.0)
    assert simulate(equal, Scenario(horizon=1, target=0.01), draws=100, target=5.0).chance == 0.0


def test_bands_lie_inside_each_other(book):
    found = simulate(book, Scenario(horizon=6), draws=300)
    for measure in ("nrr", "period_nrr", "mrr"):
        edges = [*(bands(found, measure, s)[0] for s in (0.95, 0.8, 0.5, 0.0)), *(bands(found, measure, s)[1] for s in (0.5, 0.8, 0.95))]
        assert (np.diff(np.array(edges), axis=0) >= 0).all()


def test_a_coin_has_two_sides(flat):
    """A is lost or not, B stays: NRR is 75 % or 100 %, nothing between."""
    found = simulate(flat, Scenario(decisions=(Decision("A", "lose", probability=0.5),), horizon=2), draws=2_000, target=1.0)
    low, high = bands(found, "period_nrr", 0.95)
    assert (low.tolist(), high.tolist()) == ([0.75, 0.75], [1.0, 1.0])
    assert found.chance == pytest.approx(0.5, abs=4 * math.sqrt(0.25 / 2_000))
    assert set(bands(found, "period_nrr", 0.5)[0]) <= {0.75, 1.0}


def test_one_coin_is_thrown_once_for_all_months(flat):
    """Lost in the first month means lost in the last: no draw has A in one and not in the other."""
    found = simulate(flat, Scenario(decisions=(Decision("A", "lose", probability=0.5),), horizon=3), draws=500, card=ONE)
    low, high = bands(found, "nrr", 0.95)
    assert (low[1:].tolist(), high[1:].tolist()) == ([1.0, 1.0], [1.0, 1.0])


@pytest.mark.parametrize(("chance", "nrr_after"), [(0.0, 1.0), (1.0, 0.75)])
def test_what_is_certain_does_not_spread(flat, chance, nrr_after):
    found = simulate(flat, Scenario(decisions=(Decision("A", "lose", probability=chance),), horizon=2), draws=100)
    assert [set(side) for side in bands(found, "period_nrr", 0.95)] == [{nrr_after}, {nrr_after}]


def test_an_account_outside_the_filter_is_not_simulated(book):
    who = nrr.accounts(book, close="2025-03", where={"plan": ["Basic"]}, state="flat", window=1, limit=1)["account_id"].item()
    plain, decided = (
        simulate(book, Scenario(decisions=decisions, horizon=3), draws=200, where={"plan": ["Pro"]})
        for decisions in ((), (Decision(who, "lose"),))
    )
    pd.testing.assert_frame_equal(plain.bands, decided.bands, check_exact=True)


@pytest.mark.parametrize("window", [1, 3, 6])
def test_windows_that_open_after_the_start_have_values(book, window):
    """Each window begins with what is left then: its median is still the projection's."""
    card, scenario = nrr.Definition(window_months=window), Scenario(horizon=9)
    found = simulate(book, scenario, draws=2_000, card=card)
    months = project(book, scenario, card=card).months
    expected = months[(months["path"] == "scenario") & (months["segment"] == ALL)]["nrr"].to_numpy()
    middle = bands(found, "nrr", 0.0)[0]
    assert len(middle) == 9
    assert middle == pytest.approx(expected, abs=0.005)


def test_a_window_that_opens_before_the_data_has_no_value():
    data = make([("A", M - 2, None, 100 * UNIT, ())], last=M)
    low, _ = bands(simulate(data, Scenario(horizon=12), draws=100), "nrr", 0.0)
    assert np.isnan(low).tolist() == [True] * 9 + [False] * 3


def test_nobody_left_at_the_start_has_no_nrr_and_no_chance():
    gone = make([("A", M - 4, M, 100 * UNIT, ())], last=M)
    found = simulate(gone, Scenario(months=1, horizon=2), draws=100, target=1.0)
    assert np.isnan(bands(found, "period_nrr", 0.0)[0]).all()
    assert bands(found, "mrr", 0.95)[1].tolist() == [0.0, 0.0]
    assert found.chance is None
    assert found.singly == 0


def test_everybody_decided_leaves_nobody_to_simulate(flat):
    both = (Decision("A", "renew"), Decision("B", "lose"))
    found = simulate(flat, Scenario(decisions=both, horizon=2), draws=100)
    assert found.singly == 0
    assert bands(found, "mrr", 0.95)[0].tolist() == [100.0, 100.0]


def test_who_leaves_comes_back_after_the_delay():
    """Everybody leaves each month, and all of them come back two months later with what they paid."""
    data = make([("A", M - 3, None, 100 * UNIT, ())], last=M)
    levers = (Lever("churn", 1.0, "absolute"), Lever("win_back", 1.0, delay=2))
    found = simulate(data, Scenario(levers, horizon=4, months=1), draws=100, card=ONE)
    assert bands(found, "mrr", 0.95)[0].tolist() == bands(found, "mrr", 0.95)[1].tolist() == [0.0, 0.0, 100.0, 0.0]


@pytest.mark.parametrize("draws", [0, 99, 20_001, -5])
def test_too_few_or_too_many_draws_are_refused(flat, draws):
    with pytest.raises(ScenarioError, match="A simulation has 100 to 20,000 draws"):
        simulate(flat, draws=draws)


@pytest.mark.parametrize("seed", [0, 2**70])
def test_any_whole_number_from_0_is_a_seed(flat, seed):
    assert simulate(flat, draws=100, seed=seed).seed == seed


def test_a_seed_below_0_is_a_sentence(flat):
    with pytest.raises(ScenarioError, match="The seed of a simulation is -1: it must be a whole number from 0"):
        simulate(flat, seed=-1)
