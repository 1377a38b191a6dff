"""What a card's NRR is made of: a renewal rate is none and is refused in one sentence; some cards don't compare both ends."""

import pytest
from cases import NINE, ledger

import nrr_core as nrr
from nrr_core import Definition, explain, report, scenarios
from nrr_core.definition import KNOBS
from nrr_core.errors import DefinitionError
from nrr_core.families import FAMILIES, PARTS, TERMS

RENEWALS = Definition(family="renewal_base")
FITTING = [Definition(), Definition(population="all"), Definition(returns="opening"), Definition(gap_months=2, segment_as_of="latest")]
UNFITTING = [(Definition(family=name), "family") for name in FAMILIES if name != "point_to_point"]


@pytest.fixture(name="nine", scope="module")
def _nine():
    return ledger(NINE)


@pytest.mark.parametrize(
    "ask",
    [
        lambda data: explain.intervals(data, card=RENEWALS),
        lambda data: explain.masking(data, card=RENEWALS),
        lambda data: explain.reconcile(data, Definition(), RENEWALS),
        lambda data: explain.reconcile(data, RENEWALS, Definition()),
        lambda data: nrr.project(data, card=RENEWALS),
        lambda data: scenarios.baseline(data, card=RENEWALS),
        lambda data: report.build(data, card=RENEWALS),
    ],
    ids=["intervals", "masking", "to", "from", "project", "baseline", "build"],
)
def test_every_question_about_nrr_refuses_a_renewal_rate_in_one_sentence(nine, ask):
    with pytest.raises(DefinitionError) as said:
        RENEWALS.require_nrr()
    with pytest.raises(DefinitionError) as refused:
        ask(nine)
    assert str(refused.value) == str(said.value)


def test_every_other_family_has_an_nrr_with_parts_and_terms():
    families = next(set(knob.options) for knob in KNOBS if knob.name == "family")
    assert set(FAMILIES) == families
    assert set(PARTS) == set(TERMS) == families - {"renewal_base"}
    for name in PARTS:
        Definition(family=name).require_nrr()
    assert [explain.has_intervals(Definition(family=name)) for name in ("chained", "renewal_base")] == [True, False]


@pytest.mark.parametrize("card", FITTING, ids=lambda card: card.label)
def test_a_card_that_compares_both_ends_has_the_nrr_of_its_nearest_such_card(nine, card):
    assert explain.unfit(card) == []
    own, nearest = (nrr.retention(nine, card=one, window=3)["nrr"] for one in (card, card.at_both_ends()))
    assert own.equals(nearest)
    assert own.notna().any()


@pytest.mark.parametrize(
    ("card", "knob"), [*UNFITTING, (Definition(returns="all"), "returns"), (Definition(average="mean"), "average")],
    ids=lambda given: given if isinstance(given, str) else given.label,
)  # fmt: skip
def test_a_card_that_does_not_is_refused_by_the_name_of_its_knob(nine, card, knob):
    assert explain.unfit(card) == [knob]
    with pytest.raises(DefinitionError, match=f"^{knob} = "):
        explain.fragility(nine, card=card)
