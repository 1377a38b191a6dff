"""Several scenarios side by side, and what differs between two in words."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from ledgers import make
from oracle import month

from nrr_core.errors import ScenarioError
from nrr_core.scenarios import Decision, Lever, Scenario, changes, compare, difference, project, what_it_says
from nrr_core.schema import UNIT

M = month("2025-03")
HAND = [("A", M - 2, None, 300 * UNIT, ("Pro",)), ("B", M - 2, M, 100 * UNIT, ("Pro",))]  # a quarter leaves
BASE = Scenario(horizon=1, months=1, name="As it is")
HALF = BASE.replaced(levers=(Lever("churn", -0.5),), name="Half")


@pytest.fixture(name="data", scope="module")
def _data():
    return make(HAND, dimensions=("plan",), last=M)


def test_a_comparison_by_hand(data):
    """75 % and 87.5 % of 300 are left."""
    table, _ = compare(data, [BASE, HALF])
    assert table["scenario"].tolist() == ["As it is", "Half"]
    assert table["mrr"].tolist() == [Decimal("225.0000"), Decimal("262.5000")]
    assert table["nrr"].tolist() == [0.75, 0.875]
    assert table["grr"].tolist() == [0.75, 0.875]
    assert table["nrr_difference"].tolist() == [0.0, 0.125]


def test_paths_are_the_projections(data):
    longer = [one.replaced(horizon=4) for one in (BASE, HALF)]
    _, paths = compare(data, longer)
    assert [*paths.columns] == ["scenario", "month", "nrr", "mrr"]
    for one in longer:
        months = project(data, one).months
        own = months[months["path"] == "scenario"].reset_index(drop=True)
        shown = paths[paths["scenario"] == one.name].reset_index(drop=True)
        pd.testing.assert_frame_equal(shown[["month", "nrr", "mrr"]], own[["month", "nrr", "mrr"]], check_exact=True)


def test_what_differs_in_sentences(data):
    table, _ = compare(data, [BASE, HALF])
    assert difference(table) == ["Half ends at NRR 87.5%, +12.5 pt against As it is (75.0%)."]


def test_other_horizons_are_not_compared(data):
    table, paths = compare(data, [BASE, HALF.replaced(horizon=3)])
    assert np.isnan(table["nrr_difference"].iloc[1])
    assert difference(table) == ["Half looks 3 months ahead, As it is 1: their NRRs are not compared."]
    assert paths["scenario"].tolist() == ["As it is", "Half", "Half", "Half"]


def test_scenarios_of_one_name_are_told_apart(data):
    table, paths = compare(data, [BASE, HALF.replaced(name="As it is"), HALF.replaced(name="")])
    assert table["scenario"].tolist() == ["As it is", "As it is (2)", "Unnamed"]
    assert set(paths["scenario"]) == set(table["scenario"])


def test_baselines_may_differ(data):
    """By plan there is one plan only, so nothing differs but the words."""
    table, _ = compare(data, [BASE, BASE.replaced(by="plan", name="By plan")])
    assert table["nrr"].tolist() == [0.75, 0.75]


@pytest.mark.parametrize("count", [0, 1, 7])
def test_two_to_six_are_compared(data, count):
    with pytest.raises(ScenarioError, match=f"Compare 2 to 6 scenarios, not {count}"):
        compare(data, [BASE] * count)


def test_a_filter_narrows(data):
    both = compare(data, [BASE, HALF], where={"plan": ["Pro"]})[0]
    assert both["nrr"].tolist() == [0.75, 0.875]
    assert both.attrs["stamp"]["filters"] != compare(data, [BASE, HALF])[0].attrs["stamp"]["filters"]


FULL = Scenario(
    (Lever("churn", -0.5), Lever("price", 0.05, start="2025-06", ramp=3, loss=0.01)),
    (Decision("A", "lose", probability=0.3), Decision("B", "grow", to=1_200 * UNIT, month="2025-09")), target=1.1,
)  # fmt: skip


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (FULL, []),
        (FULL.replaced(name="X", description="Y"), []),
        (FULL.replaced(horizon=6), ["Months ahead: 12 → 6"]),
        (FULL.replaced(months=3), ["Baseline months: 12 → 3"]),
        (FULL.replaced(by="plan"), ["Rates by: none → plan"]),
        (FULL.replaced(contracts=""), ["Contract ends: auto → none"]),
        (FULL.replaced(target=1.0), ["Target NRR: 110.0% → 100.0%"]),
        (FULL.replaced(target=None), ["Target NRR: 110.0% → none"]),
        (FULL.replaced(target=1), ["Target NRR: 110.0% → 100.0%"]),
        (FULL.replaced(levers=FULL.levers[1:]), ["Lever dropped: Churn −50%"]),
        (FULL.replaced(levers=(*FULL.levers, Lever("win_back", 0.1))), ["Lever added: Win-back +10 pt, 3 months after leaving"]),
        (FULL.replaced(levers=(Lever("churn", -0.2), FULL.levers[1])), ["Lever changed: Churn −50% → Churn −20%"]),
        (FULL.replaced(levers=FULL.levers[::-1]), []),
        (FULL.replaced(decisions=FULL.decisions[1:]), ["Decision dropped: A: lose, 30% likely"]),
        (FULL.replaced(decisions=FULL.decisions[::-1]), []),
        (
            FULL.replaced(decisions=(replace(FULL.decisions[0], action="renew"), FULL.decisions[1])),
            ["Decision changed: A: lose, 30% likely → A: renew, 30% likely"],
        ),
        (
            FULL.replaced(levers=(FULL.levers[0], FULL.levers[1], Lever("churn", 0.1))),
            ["Lever added: Churn +10%"],
        ),
        (FULL.replaced(levers=(FULL.levers[0], FULL.levers[0], FULL.levers[1])), ["Lever added: Churn −50%"]),
    ],
)  # fmt: skip
def test_what_a_person_changed_is_said(other, said):
    assert changes(FULL, other) == said


def test_a_lever_and_a_decision_are_said_with_their_dates():
    assert what_it_says(FULL.levers[1]) == "Price +5% from Jun 2025, in full after 3 months, losing 1.0% of MRR"
    assert what_it_says(FULL.decisions[1]) == "B: grow to 1,200.00 in Sep 2025"


def test_names_are_said_on_one_line():
    assert changes(Scenario(), Scenario(decisions=(Decision("a\nb" + "x" * 80, "lose"),)))[0].startswith("Decision added: a bxxx")
