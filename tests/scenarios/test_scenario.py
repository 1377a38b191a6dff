"""Scenarios as values and as files: what can't be is refused with a sentence, what can be comes back the same."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nrr_core.errors import ScenarioError
from nrr_core.scenarios import LEVERS, Decision, Lever, Scenario, digest, from_json, read_body, to_body, to_json
from nrr_core.scenarios.scenario import allowed
from nrr_core.schema import UNIT
from nrr_core.selection import frozen_where

NAN, INFINITY = float("nan"), float("inf")

LEVER = {"kind": "churn", "change": 0.1}
BAD_LEVERS = [
    ({"kind": "chrun"}, "“chrun” is not a lever. Allowed: churn, contraction, expansion, price, win_back. Did you mean “churn”"),
    ({"kind": ""}, "“” is not a lever"),
    ({"kind": "price", "mode": "absolute"}, "Price can't be changed in the mode “absolute”: relative"),
    ({"kind": "win_back", "mode": "relative"}, "Win-back can't be changed in the mode “relative”: absolute"),
    ({"mode": "both"}, "Churn can't be changed in the mode “both”: relative or absolute"),
    ({"change": -1.01}, r"The change of Churn \(relative\) is -1.01: it must be a number from -1 to 10"),
    ({"change": 10.1}, "from -1 to 10"),
    ({"mode": "absolute", "change": 1.1}, r"\(absolute\) is 1.1: it must be a number from -1 to 1"),
    ({"kind": "price", "change": -0.91}, "from -0.9 to 1"),
    ({"kind": "win_back", "change": 2.0}, r"Win-back \(absolute\) is 2.0"),
    ({"change": NAN}, "is nan: it must be a number"),
    ({"change": -INFINITY}, "is -inf: it must be a number"),
    ({"change": True}, "True"),
    ({"kind": "price", "loss": 1.5}, "The share of MRR lost to a price change is 1.5: it must be a number from 0 to 1"),
    ({"kind": "price", "loss": NAN}, "is nan"),
    ({"loss": 0.1}, "Only a price lever has a loss"),
    ({"ramp": 0}, "A ramp is 0: it must be a whole number of months from 1 to 36"),
    ({"ramp": 37}, "A ramp is 37"),
    ({"ramp": 1.0}, "A ramp is 1.0"),
    ({"ramp": True}, "A ramp is True"),
    ({"kind": "win_back", "delay": 0}, "A delay of win-back is 0: it must be a whole number of months from 1 to 36"),
    ({"start": "2025-13"}, "“2025-13” is not a month. Write YYYY-MM"),
    ({"start": ""}, "“” is not a month"),
]
DECISION = {"account": "A", "action": "lose"}
BAD_DECISIONS = [
    ({"account": ""}, "A decision needs an account id"),
    ({"action": "loose"}, "“loose” in the decision about “A” is not a decision. Allowed: renew, shrink, lose, grow. Did you mean “lose”"),
    ({"to": 5}, "“lose” in the decision about “A” takes no amount"),
    ({"action": "renew", "to": 5}, "“renew” in the decision about “A” takes no amount"),
    ({"action": "grow"}, "“grow” in the decision about “A” needs the MRR afterwards, above 0"),
    ({"action": "shrink", "to": 0}, "needs the MRR afterwards, above 0. To lose the account choose lose"),
    ({"action": "shrink", "to": -1}, "above 0"),
    ({"action": "grow", "to": True}, "above 0"),
    ({"action": "grow", "to": 1.5}, "above 0"),
    ({"probability": 1.1}, "The probability in the decision about “A” is 1.1: it must be a number from 0 to 1"),
    ({"probability": -0.1}, "from 0 to 1"),
    ({"probability": NAN}, "is nan"),
    ({"probability": True}, "is True"),
    ({"month": "March"}, "“March” is not a month"),
]
BAD_SCENARIOS = [
    ({"horizon": 0}, "The horizon is 0: it must be a whole number of months from 1 to 36"),
    ({"horizon": 37}, "The horizon is 37"),
    ({"horizon": 12.0}, "The horizon is 12.0"),
    ({"horizon": True}, "The horizon is True"),
    ({"months": 2}, "A baseline rests on the last 1, 3, 6 or 12 months, not on 2"),
    ({"months": True}, "not on True"),
    ({"months": 12.0}, "not on 12.0"),
    ({"months": None}, "not on None"),
    ({"target": 0.0}, "The target NRR is 0.0: it must be a number from 0.01 to 10"),
    ({"target": 10.5}, "from 0.01 to 10"),
    ({"target": NAN}, "is nan"),
    ({"decisions": (Decision("A", "lose"), Decision("A", "renew"))}, "“A” has two decisions. Keep one"),
]


@pytest.mark.parametrize(("values", "words"), BAD_LEVERS)
def test_a_lever_that_cannot_be_is_a_sentence(values, words):
    with pytest.raises(ScenarioError, match=words):
        Lever(**LEVER | values)


@pytest.mark.parametrize(("values", "words"), BAD_DECISIONS)
def test_a_decision_that_cannot_be_is_a_sentence(values, words):
    with pytest.raises(ScenarioError, match=words):
        Decision(**DECISION | values)


@pytest.mark.parametrize(("values", "words"), BAD_SCENARIOS)
def test_a_scenario_that_cannot_be_is_a_sentence(values, words):
    with pytest.raises(ScenarioError, match=words):
        Scenario(**values)


@pytest.mark.parametrize(("kind", "mode"), [("churn", "relative"), ("churn", "absolute"), ("price", "relative"), ("win_back", "absolute")])
def test_the_ends_of_what_is_allowed_are_allowed(kind, mode):
    low, high = allowed(Lever(kind, 0.0, mode))
    assert [Lever(kind, end, mode).change for end in (low, high)] == [low, high]


@pytest.mark.parametrize(
    ("lever", "label"),
    [
        (Lever("churn", -0.5), "Churn −50%"),
        (Lever("churn", -0.002, "absolute"), "Churn −0.2 pt a month"),
        (Lever("price", 0.05), "Price +5%"),
        (Lever("win_back", 0.1), "Win-back +10 pt"),
        (Lever("churn", 0.0), "Churn +0%"),
        (Lever("expansion", 0.125, where=(("plan", ("Basic", "Pro")), ("region", ("EMEA",)))), "Expansion +12.5%, Basic, Pro; EMEA"),
        (Lever("churn", -0.5, name="Onboarding"), "Onboarding"),
    ],
)
def test_a_lever_is_said_in_a_few_words(lever, label):
    assert lever.label == label


NAMES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "${x}", "\x00", "\u202eabc", "“ ”", "a\nb", "'; drop table x; --", "🦆" * 30]
    ),
)
MONTHS = st.none() | st.integers(24_000, 24_400).map(lambda m: f"{m // 12:04d}-{m % 12 + 1:02d}")
WHERE = st.dictionaries(NAMES, st.lists(NAMES, min_size=1, max_size=3, unique=True), max_size=2).map(frozen_where)


@st.composite
def some_lever(draw):
    kind = draw(st.sampled_from([*LEVERS]))
    mode = {"price": "relative", "win_back": "absolute"}.get(kind) or draw(st.sampled_from(["relative", "absolute"]))
    low, high = allowed(Lever(kind, 0.0, mode))
    return Lever(
        kind, draw(st.floats(low, high) | st.sampled_from([0, -0.5, 1 / 3])), mode, draw(WHERE), draw(MONTHS), draw(st.integers(1, 36)),
        draw(st.floats(0, 1)) if kind == "price" else 0.0, draw(st.integers(1, 36)) if kind == "win_back" else 3, draw(NAMES),
    )  # fmt: skip


@st.composite
def some_decision(draw, account):
    action = draw(st.sampled_from(["renew", "lose", "grow", "shrink"]))
    to = draw(st.integers(1, 10**17)) if action in {"grow", "shrink"} else None
    return Decision(account, action, to, draw(st.floats(0, 1) | st.sampled_from([0, 1])), draw(MONTHS), draw(NAMES))


@st.composite
def scenarios(draw):
    accounts = draw(st.lists(NAMES.filter(bool), max_size=4, unique=True))
    return Scenario(
        tuple(draw(st.lists(some_lever(), max_size=3))), tuple(draw(some_decision(a)) for a in accounts), draw(st.integers(1, 36)),
        draw(st.sampled_from([1, 3, 6, 12])), draw(st.none() | NAMES), draw(st.sampled_from(["auto", "", "renewal_date"])),
        draw(st.none() | st.floats(0.01, 10)), draw(NAMES), draw(NAMES),
    )  # fmt: skip


@given(scenarios())
def test_a_scenario_comes_back_from_its_file(scenario):
    again = from_json(to_json(scenario))
    assert again == scenario
    assert digest(again) == digest(scenario)
    assert read_body(json.loads(json.dumps(to_body(scenario)))) == scenario


def test_where_it_was_made_is_written_and_read_over():
    made = to_json(Scenario(name="A"), made_on={"dataset": "Book", "last": "2025-12"})
    assert json.loads(made)["made_on"] == {"dataset": "Book", "last": "2025-12"}
    assert from_json(made) == Scenario(name="A")


def test_amounts_are_written_to_the_last_digit():
    scenario = Scenario(decisions=(Decision("A", "grow", to=12_345_678_901_234_567),))
    assert to_body(scenario)["decisions"][0]["to"] == "1234567890123.4567"
    assert from_json(to_json(scenario)) == scenario


def test_the_shortest_file_is_a_scenario():
    assert from_json('{"levers": [], "decisions": [], "horizon": 12}') == Scenario()
    assert from_json("{}") == Scenario()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_may_be_saved_in_any_unicode(encoding):
    assert from_json('{"name": "Zürich"}'.encode(encoding)).name == "Zürich"


def lever(**values):
    return json.dumps({"levers": [LEVER | values]})


def decision(**values):
    return json.dumps({"decisions": [DECISION | values]})


BAD_FILES = [
    ("", "it is not JSON"),
    ("levers: []", "it is not JSON"),
    (b"\xff\xfe\x00", "it is not JSON"),
    (b"\xe9", "it is not JSON"),
    ("[" * 100_000, "it is not JSON"),
    ('{"horizon": ' + "9" * 5_000 + "}", "it is not JSON"),
    ('{"name": "' + "x" * 4_000_000 + '"}', "A scenario file has at most 4 MB"),
    ("[]", "A scenario must be an object with the entries by, contracts, decisions"),
    ("null", "A scenario must be an object"),
    ('{"lever": []}', "“lever” is not an entry of a scenario. Known: by, .* Did you mean “levers”"),
    ('{"format": 2}', "This scenario has format 2, and this version reads format 1. Update the app"),
    ('{"format": "1"}', "format '1'"),
    ('{"format": true}', "format True"),
    ('{"levers": {}}', "“levers” of a scenario must be a list"),
    ('{"decisions": null}', "“decisions” of a scenario must be a list"),
    ('{"levers": [1]}', "Lever 1 must be an object"),
    ('{"levers": [{"kind": "churn"}, []]}', "Lever 2 must be an object"),
    (json.dumps({"levers": [LEVER] * 41}), "at most 40 levers, not 41"),
    (json.dumps({"decisions": [DECISION] * 5_001}), "at most 5,000 decisions, not 5,001"),
    (lever(size=3), "“size” is not an entry of lever 1"),
    ('{"levers": [{}]}', "“kind” of lever 1 must be a text"),
    (lever(kind=3), "“kind” of lever 1 must be a text"),
    (lever(change="half"), "“change” of lever 1 is 'half': it must be a number"),
    (lever(change=True), "“change” of lever 1 is 'True': it must be a number"),
    (lever(change=[0.1]), "“change” of lever 1"),
    (lever(change=NAN), "is nan"),
    (lever(change=INFINITY), "is inf"),
    (lever(change=10**400), "“change” of lever 1"),
    (lever(kind="price", loss=-INFINITY), "is -inf"),
    (lever(ramp="3"), "A ramp is '3'"),
    (lever(ramp=NAN), "A ramp is nan"),
    (lever(ramp=10**400), "A ramp is 1000"),
    (lever(ramp=None), "A ramp is None"),
    (lever(mode=1), "“mode” of lever 1 must be a text"),
    (lever(start=202503), "“start” of lever 1 must be a text"),
    (lever(start="soon"), "“soon” is not a month"),
    (lever(name="x" * 1_001), "“name” of lever 1 must be a text of at most 1,000 characters"),
    (lever(where=["Basic"]), "“where” of lever 1 must name segments by dimension"),
    (lever(where={"plan": "Basic"}), "“where” of lever 1"),
    (lever(where={"plan": [1]}), "“where” of lever 1"),
    (decision(account=7), "“account” of decision 1 must be a text"),
    (decision(action="grow", to="lots"), "The amount 'lots' of decision 1 is not a number. Write it like 1200.50"),
    (decision(action="grow", to=True), "The amount 'True' of decision 1 is not a number"),
    (decision(action="grow", to=[1]), "of decision 1 is not a number"),
    (decision(action="grow", to=NAN), "The amount 'nan' of decision 1 is out of range"),
    (decision(action="grow", to=INFINITY), "The amount 'inf' of decision 1 is out of range"),
    (decision(action="grow", to="sNaN"), "The amount 'sNaN' of decision 1"),
    (decision(action="grow", to=10**14), "is out of range"),
    (decision(action="grow", to="1e999999"), "The amount '1e999999' of decision 1 is out of range"),
    (decision(action="grow", to="0.00001"), "above 0"),
    (decision(probability="80%"), "“probability” of decision 1 is '80%': it must be a number"),
    (decision(probability=NAN), "is nan"),
    (decision(month=3), "“month” of decision 1 must be a text"),
    (decision(month="2025-00"), "“2025-00” is not a month"),
    ('{"horizon": "12"}', "The horizon is '12'"),
    ('{"horizon": null}', "The horizon is None"),
    ('{"horizon": NaN}', "The horizon is nan"),
    ('{"months": [12]}', "not on"),
    ('{"by": 3}', "“by” of the scenario must be a text"),
    ('{"contracts": false}', "“contracts” of the scenario must be a text"),
    ('{"target": "110%"}', "“target” of the scenario is '110%': it must be a number"),
    ('{"target": Infinity}', "is inf"),
    ('{"name": ["a"]}', "“name” of the scenario must be a text"),
    ('{"name": "\\ud800"}', "“name” of the scenario"),
    ('{"levers": [{"kind": "churn", "where": {"plan": ["\\udc00"]}}]}', "“where” of lever 1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), BAD_FILES, ids=range(len(BAD_FILES)))
def test_a_file_that_is_no_scenario_is_a_sentence(text, words):
    with pytest.raises(ScenarioError, match=words) as caught:
        from_json(text)
    assert len(str(caught.value)) < 1_500


@pytest.mark.parametrize("depth", [50, 500, 900, 990, 5_000])
@pytest.mark.parametrize("place", ['{"target": %s}', '{"levers": [{"kind": "churn", "change": %s}]}', '{"decisions": [{"to": %s}]}'])
def test_deep_nesting_is_a_sentence(place, depth):
    with pytest.raises(ScenarioError):
        from_json(place % ("[" * depth + "]" * depth))


BASE = Scenario((Lever("churn", -0.5, name="Onboarding"),), (Decision("A", "grow", to=5 * UNIT),), name="N", target=1.1)


@pytest.mark.parametrize("changes", [{"name": "other"}, {"description": "about"}, {"target": 1.2}, {"target": None}])
def test_the_digest_passes_over_what_moves_no_number(changes):
    assert digest(replace(BASE, **changes)) == digest(BASE)


DIFFERENT = [
    {"levers": ()}, {"decisions": ()}, {"horizon": 11}, {"months": 6}, {"by": "plan"}, {"contracts": ""}, {"levers": BASE.levers * 2},
    *({"levers": (replace(BASE.levers[0], **c),)} for c in (
        {"kind": "contraction"}, {"change": -0.51}, {"mode": "absolute"}, {"where": (("plan", ("Pro",)),)},
        {"start": "2025-04"}, {"ramp": 2},
    )),
    *({"decisions": (replace(BASE.decisions[0], **c),)} for c in (
        {"account": "B"}, {"action": "shrink"}, {"to": 5 * UNIT + 1}, {"probability": 0.9}, {"month": "2025-04"},
    )),
]  # fmt: skip


def test_the_digest_changes_with_everything_else():
    made = [digest(replace(BASE, **changes)) for changes in DIFFERENT]
    assert len({digest(BASE), *made}) == 1 + len(DIFFERENT)


def test_the_digest_knows_a_price_s_loss_and_a_win_back_s_delay():
    assert digest(Scenario((Lever("price", 0.1, loss=0.1),))) != digest(Scenario((Lever("price", 0.1, loss=0.2),)))
    assert digest(Scenario((Lever("win_back", 0.1, delay=2),))) != digest(Scenario((Lever("win_back", 0.1, delay=3),)))
