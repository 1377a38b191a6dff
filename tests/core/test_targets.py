"""Targets: kept as plain values, looked up with a fall back to the total, refused in words."""

import json

import pytest

from nrr_core.errors import ConflictError, SelectionError
from nrr_core.targets import TARGETED, Targets, is_met


@pytest.fixture
def aims():
    return Targets().put("nrr", 1.05).put("grr", 0.9).put("grr", 0.95, "plan", "Enterprise").put("churn_rate", 0.02, "region", "EMEA")


def test_a_segment_has_its_own_target_before_the_total_s(aims):
    assert aims.of("grr", "plan", "Enterprise") == 0.95
    assert aims.of("grr", "plan", "Starter") == 0.9
    assert aims.of("nrr", "plan", "Enterprise") == 1.05
    assert aims.of("churn_rate", "region", "EMEA") == 0.02
    assert aims.of("churn_rate") is None


def test_a_target_taken_away_falls_back_again(aims):
    without = aims.put("grr", None, "plan", "Enterprise")
    assert without.of("grr", "plan", "Enterprise") == 0.9
    assert without.own("plan", "Enterprise") == {}
    assert aims.put("nrr", None).of("nrr") is None


def test_json_and_back_is_the_same(aims):
    assert Targets.from_json(aims.to_json()) == aims
    assert json.loads(aims.to_json())["version"] == 1
    assert Targets.from_dict(aims.as_dict()) == aims
    assert Targets.from_dict(Targets().as_dict()) == Targets()


def test_the_order_in_which_targets_are_set_is_not_part_of_them():
    one = Targets().put("grr", 0.9).put("nrr", 1.0).put("nrr", 1.2, "plan", "b").put("nrr", 1.1, "plan", "a")
    other = Targets().put("nrr", 1.1, "plan", "a").put("nrr", 1.0).put("nrr", 1.2, "plan", "b").put("grr", 0.9)
    assert one == other
    assert hash(one) == hash(other)
    assert one.to_json() == other.to_json()


def test_a_flat_document_of_before_is_read_as_the_total_s():
    """What the Review page kept before there were segments."""
    old = {"nrr": 1.0, "contraction_rate": 0.01, "churn_rate": 0.1}
    assert dict(Targets.from_dict(old).total) == old
    assert Targets.from_dict({}) == Targets()


def test_the_next_version_of_a_flat_document_holds_the_same(aims):
    assert Targets.from_dict(Targets.from_dict({"grr": 0.9}).as_dict()) == Targets().put("grr", 0.9)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ngr": 1.0}, "Did you mean"),
        ({"nrr": "high"}, "must be a ratio"),
        ({"nrr": True}, "must be a ratio"),
        ({"nrr": float("nan")}, "must be a ratio"),
        ({"nrr": 105.0}, "1.05 for 105%"),
        ({"grr": -0.1}, "from 0 to 10"),
        ({"version": 2, "total": {}}, "newer app"),
        ({"version": 1, "totals": {}}, "totals"),
        ({"version": 1, "total": [1]}, "not as list"),
        ({"version": 1, "segments": {"plan": {"a": 1.0}}}, "not as float"),
        ({"version": 1, "segments": {"plan": {"a": {"quick_ratio": 4.0}}}}, "quick_ratio"),
    ],
)
def test_what_is_no_target_is_refused_in_words(given, words):
    with pytest.raises(SelectionError, match=words):
        Targets.from_dict(given)


def test_text_that_is_no_json_is_refused():
    with pytest.raises(SelectionError, match="not JSON"):
        Targets.from_json(b"nrr 1.05")
    with pytest.raises(SelectionError, match="names with values"):
        Targets.from_json(b"[1.05]")


def test_a_segment_twice_is_refused():
    with pytest.raises(SelectionError, match="twice"):
        Targets((), (("plan", "a", (("nrr", 1.0),)), ("plan", "a", (("grr", 0.9),))))


def test_two_people_s_changes_are_put_together(aims):
    mine, theirs = aims.put("nrr", 1.1).put("grr", None, "plan", "Enterprise"), aims.put("churn_rate", 0.1)
    assert aims.merged(mine, theirs) == mine.put("churn_rate", 0.1)
    assert aims.merged(aims, theirs) == theirs
    assert aims.merged(theirs, theirs) == theirs


@pytest.mark.parametrize("place", [(), ("plan", "Enterprise")])
def test_the_same_target_changed_by_two_is_a_conflict_with_both_values(aims, place):
    with pytest.raises(ConflictError, match=r"GRR.* set to 80.0%.* to 99.0% here"):
        aims.merged(aims.put("grr", 0.99, *place), aims.put("grr", 0.8, *place))


@pytest.mark.parametrize("measure", TARGETED)
def test_losses_are_met_below_and_the_rest_above(measure):
    loses = measure in {"contraction_rate", "churn_rate"}
    assert is_met(measure, 0.1, 0.2) == loses
    assert is_met(measure, 0.3, 0.2) != loses
    assert is_met(measure, 0.2, 0.2)
