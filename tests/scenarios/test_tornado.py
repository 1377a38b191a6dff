"""Tornado: one thing changed at a time, sorted by how much it moves."""

import pytest
from ledgers import make
from oracle import month

import nrr_core as nrr
from nrr_core.errors import ScenarioError
from nrr_core.scenarios import Lever, Scenario, open_book, project, tornado
from nrr_core.schema import ALL, UNIT

M = month("2025-03")
LEDGER = [  # Pro: 100 of 200 left; Basic: C shrank from 200 to 100
    ("A", M - 2, None, 100 * UNIT, ("Pro",)), ("B", M - 2, M, 100 * UNIT, ("Pro",)),
    ("C", M - 2, M, 200 * UNIT, ("Basic",)), ("C", M, None, 100 * UNIT, ("Basic",)),
]  # fmt: skip
STILL = Scenario(horizon=1, months=1)
ALONE = ["Churn", "Contraction", "Expansion", "Price", "Win-back"]


@pytest.fixture(name="data", scope="module")
def _data():
    return make(LEDGER, dimensions=("plan",), last=M)


def rows(frame):
    return frame.set_index("lever")


def nrr_of(data, scenario):
    found = project(data, scenario).period
    return float(found[(found["path"] == "scenario") & (found["segment"] == ALL)]["nrr"].iloc[0])


def test_steps_by_hand(data):
    """A month keeps (1 − 1/4) × (1 − 1/3) = 50 %; churn of 0.275 or 0.225, contraction of 0.3667 or 0.3, prices 1 % up or down."""
    found = rows(tornado(data, STILL))
    assert found.loc["Churn", ["low", "high"]].tolist() == pytest.approx([0.775 * 2 / 3, 0.725 * 2 / 3], abs=1e-6)
    assert found.loc["Contraction", ["low", "high"]].tolist() == pytest.approx([0.75 * 0.7, 0.75 * (1 - 1.1 / 3)], abs=1e-6)
    assert found.loc["Price", ["low", "high"]].tolist() == pytest.approx([0.495, 0.505], abs=1e-6)
    assert found.loc["Expansion", ["low", "high", "swing"]].tolist() == [0.5, 0.5, 0.0]


def test_every_kind_of_lever_is_turned_and_named_once(data):
    found = tornado(data, STILL)
    assert sorted(found["lever"]) == ALONE
    assert rows(found).loc["Churn", ["low_text", "high_text"]].tolist() == ["−10%", "+10%"]
    assert rows(found).loc["Price", ["low_text", "high_text"]].tolist() == ["−1%", "+1%"]
    assert rows(found).loc["Win-back", ["low_text", "high_text"]].tolist() == ["−5 pt", "+5 pt"]


@pytest.mark.parametrize("scenario", [STILL, Scenario((Lever("churn", -0.5), Lever("price", 0.1)), horizon=6, months=1, by="plan")])
def test_the_widest_comes_first_and_the_base_is_the_projection_s(data, scenario):
    found = tornado(data, scenario, by_segment=True)
    assert found["swing"].is_monotonic_decreasing
    assert (found["swing"] == (found["high"] - found["low"]).abs()).all()
    assert found.attrs["base"] == nrr_of(data, scenario)


def test_every_row_is_a_projection_with_one_more_lever(data):
    scenario = Scenario((Lever("churn", -0.5, where=(("plan", ("Pro",)),)),), horizon=4, months=1)
    found = rows(tornado(data, scenario))
    for kind, label, step in (
        ("churn", "Churn", 0.1),
        ("contraction", "Contraction", 0.1),
        ("price", "Price", 0.01),
        ("win_back", "Win-back", 0.05),
    ):
        for way, side in ((-1, "low"), (1, "high")):
            more = scenario.replaced(levers=(*scenario.levers, Lever(kind, way * step)))
            assert found.loc[label, side] == nrr_of(data, more)


@pytest.mark.parametrize(("step", "text"), [(0.5, "+5%"), (2.0, "+20%"), (5, "+50%")])
def test_steps_are_multiplied(data, step, text):
    found = rows(tornado(data, STILL, step=step))
    assert found.loc["Churn", "high_text"] == text
    assert found.loc["Churn", "high"] == pytest.approx((1 - 0.25 * (1 + step / 10)) * 2 / 3, abs=1e-6)


@pytest.mark.parametrize("step", [0, -1, 5.1, float("nan")])
def test_other_steps_are_refused(data, step):
    with pytest.raises(ScenarioError, match="it must be above 0 and at most 5"):
        tornado(data, STILL, step=step)


def test_segments_are_turned_by_themselves(data):
    """Pro alone churns, Basic alone shrinks: (100 × 0.45 or 0.55) and 50 of 200."""
    found = rows(tornado(data, STILL.replaced(by="plan"), by_segment=True))
    assert set(found.index) == {f"{kind}, {plan}" for kind in ALONE for plan in ("Basic", "Pro")}
    assert found.loc["Churn, Pro", ["low", "high"]].tolist() == pytest.approx([(55 + 50) / 200, (45 + 50) / 200])
    assert found.loc["Churn, Basic", "swing"] == found.loc["Contraction, Pro", "swing"] == 0


def test_the_scenario_s_own_levers_are_made_a_tenth_weaker_and_stronger(data):
    scenario = STILL.replaced(levers=(Lever("churn", -0.5),))
    row = rows(tornado(data, scenario)).loc["This lever: Churn −50%"]
    assert [row["low"], row["high"]] == pytest.approx([(1 - 0.25 * 0.55) * 2 / 3, (1 - 0.25 * 0.45) * 2 / 3], abs=1e-6)
    assert (row["low_text"], row["high_text"]) == ("10% weaker", "10% stronger")


@pytest.mark.parametrize("lever", [Lever("churn", -1.0), Lever("price", 1.0), Lever("win_back", -1.0)])
def test_a_lever_at_its_end_goes_no_further(data, lever):
    row = rows(tornado(data, STILL.replaced(levers=(lever,)), step=5)).filter(like="This lever", axis=0).iloc[0]
    assert row["high"] == nrr_of(data, STILL.replaced(levers=(lever,)))


def test_two_levers_of_one_name_are_told_apart(data):
    found = tornado(data, STILL.replaced(levers=(Lever("churn", -0.5), Lever("churn", -0.5))))
    assert found["lever"].is_unique
    assert len(found) == 7


def test_an_open_book_answers_the_same(data):
    scenario = Scenario((Lever("churn", -0.5),), horizon=4, months=1, by="plan")
    assert tornado(open_book(data, scenario), scenario, by_segment=True).equals(tornado(data, scenario, by_segment=True))


def test_nobody_at_the_start_has_no_value():
    gone = make([("A", M - 4, M, 100 * UNIT, ())], last=M)
    found = tornado(gone, Scenario(months=1))
    assert found[["low", "high", "swing"]].isna().all().all()


def test_a_filter_narrows(data):
    found = rows(tornado(data, STILL, where={"plan": ["Pro"]}))
    assert found.loc["Churn", ["low", "high"]].tolist() == pytest.approx([0.55, 0.45])
    assert nrr.STANDARD.short_hash in str(tornado(data, STILL).attrs["stamp"])
