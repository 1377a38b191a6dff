"""The small ledger of every knob: what a person adds up, the library must give."""

import pytest

from nrr_core.examples import EXAMPLES, worked

BY_HAND = {  # knob: (NRR, GRR) of each card in per cent
    "family": [(100, 100), (100, 75), (100 * 250 / 200 * 200 / 350, 100 * 200 / 350), (112.5, 100), (112.5, 100)],
    "window_months": [(100 * 130 / 120, 100), (130, 100)],
    "population": [(100, 100), (130, 100)],
    "returns": [(50, 50), (100, 50), (160, 50)],
    "gap_months": [(50, 50), (100, 100)],
    "grain": [(100, 50), (100, 100)],
    "fx": [(100, 100), (110, 100)],
    "revenue_types": [(100, 100), (120, 100), (112.5, 100)],
    "segment_as_of": [(50, 50), (175, 75), (175, 75)],
    "min_opening_mrr": [(100 * 1000 / 1010, 100 * 1000 / 1010), (100, 100)],
    "average": [(50, 50), (125, 75), (100, 100 * 200 / 300)],
    "average_months": [(50, 50), (75, 75), (100 * 3.5 / 3, 100 * 2.5 / 3)],
    "measure": [(80, 80), (80, 80)],
}


@pytest.mark.parametrize("knob", sorted(EXAMPLES))
def test_an_example_gives_what_a_person_adds_up(knob):
    found = worked(knob)
    for column, place in (("nrr", 0), ("grr", 1)):
        assert (found[column] * 100).tolist() == pytest.approx([pair[place] for pair in BY_HAND[knob]])
    assert found["value"].tolist() == [name for name, _ in EXAMPLES[knob].cards]


@pytest.mark.parametrize("knob", sorted(EXAMPLES))
def test_the_cards_of_an_example_differ_in_its_knob(knob):
    cards = [card for _, card in EXAMPLES[knob].cards]
    assert len({getattr(card, knob) for card in cards}) > 1
    assert len(EXAMPLES[knob].table().columns) == EXAMPLES[knob].months + 1 + bool(EXAMPLES[knob].attribute)


def test_returning_accounts_lose_nothing_in_the_families_that_do_not_see_them_leave():
    assert worked("gap_months")["nrr"].tolist() == [0.5, 1.0]
