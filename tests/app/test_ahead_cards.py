"""Pages that look ahead follow the definition in force; under a renewal rate alone they fall back, and say so."""

import pytest
from face import cards, opened, plain, plotted
from test_review import titles

from nrr_core import Definition
from nrr_core.formats import percent_text
from nrr_core.presets import PRESETS, code_of
from nrr_core.scenarios import Lever, Scenario, project, seek
from nrr_core.schema import ALL, UNIT

pytestmark = pytest.mark.usefixtures("own_store")
SECTIONS = ("Result", "Decisions", "Goal seek", "Sensitivity", "Compare")
CARDS = {
    "chained": Definition(family="chained"), "movements": Definition(family="movements", population="all", returns="all"),
    "averaged": Definition(family="averaged"), "revenue window": Definition(family="revenue_window"),
    "returns": Definition(returns="all"), "floor": Definition(min_opening_mrr=1_000 * UNIT),
}  # fmt: skip
FALLS_BACK = "The definition in force is a renewal rate"


def period(data, card, path="baseline"):
    rows = project(data, Scenario(), card=card).period
    return rows[(rows["path"] == path) & (rows["segment"] == ALL)].iloc[0]


@pytest.mark.parametrize("name", CARDS)
def test_the_scenario_s_nrr_is_the_card_s(sample, name):
    """The control: the standard gives another figure, but where a period has no earlier closes and nobody who had left before it."""
    card = CARDS[name]
    app, row = opened("scenarios", card=code_of(card)), period(sample, card)
    shown = cards(app)
    assert shown["NRR"] == percent_text(float(row["nrr"]))
    assert shown["GRR"] == percent_text(float(row["grr"]))
    assert not [one for one in app.caption if FALLS_BACK in one.value]
    standard = period(sample, Definition())
    assert (float(row["nrr"]) != float(standard["nrr"])) == (name not in {"returns", "averaged", "movements"})


@pytest.mark.parametrize("name", CARDS)
def test_history_and_forecast_are_one_line_under_one_card(sample, name):
    card = CARDS[name]
    months = project(sample, Scenario(), card=card).months
    want = months[(months["path"] == "scenario") & (months["segment"] == ALL)]["nrr"].tolist()
    points = plotted(opened("scenarios", card=code_of(card)), "points")
    assert points[points["series"] == "scenario"]["value"].tolist()[-len(want) :] == pytest.approx(want)


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("name", ["chained", "movements", "revenue window"])
def test_every_section_opens(section, name):
    app = opened("scenarios", card=code_of(CARDS[name]), section=section)
    assert not app.exception
    assert not app.error


def test_goal_seek_is_about_the_card(sample):
    card = CARDS["chained"]
    app = opened("scenarios", card=code_of(card), section="Goal seek")
    target = app.number_input(key="goal").value / 100
    want = seek(sample, Scenario(), Lever("churn", 0.0), target=target, card=card)
    assert any(plain(one.value) == want.text for one in app.info)
    assert seek(sample, Scenario(), Lever("churn", 0.0), target=target).text != want.text  # the control


@pytest.mark.parametrize("name", ["chained", "revenue window"])
def test_the_pack_s_scenario_is_the_card_s(sample, name):
    told = " ".join(titles(opened("review", card=code_of(CARDS[name]))))
    assert f"The scenario is the baseline: NRR {percent_text(float(period(sample, CARDS[name])['nrr']))}" in told


@pytest.mark.parametrize("page", ["scenarios", "review"])
def test_only_a_renewal_rate_falls_back_and_says_so(sample, page):
    app = opened(page, card="family:renewal_base")
    assert [one for one in app.caption if FALLS_BACK in one.value]
    assert not [one for one in opened(page, card=code_of(PRESETS["chained-monthly"].card)).caption if FALLS_BACK in one.value]
    if page == "scenarios":
        assert cards(app)["NRR"] == percent_text(float(period(sample, Definition())["nrr"]))
