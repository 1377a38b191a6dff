"""Reconciler: the way from one definition to another adds up to the last digit, step by step and account by account."""

import itertools
import os
import random
from fractions import Fraction

import oracle
import pytest
from cases import NINE, START, any_card, ledger, ledgers, spans
from hypothesis import given
from hypothesis import strategies as st
from ledgers import make

import nrr_core as nrr
from nrr_core import Definition
from nrr_core.errors import DefinitionError, SelectionError
from nrr_core.explain import Reconciler, reconcile
from nrr_core.families import answer
from nrr_core.periods import Window
from nrr_core.presets import PRESETS, preset

LEDGERS = int(os.environ.get("NRR_LEDGERS", "5"))  # random ledgers of the wide property; the full form takes 1,000
EACH = int(os.environ.get("NRR_EACH", "0"))  # pairs of presets a ledger is asked for, by chance; 0: all


@pytest.fixture(scope="module")
def nine():
    return ledger(NINE)


def adds_up(found):
    """Steps add to the difference, and each step's accounts to the step."""
    assert sum((step.effect for step in found.steps), Fraction(0)) == found.end - found.start
    for step in found.steps:
        assert sum(step.effects.values(), Fraction(0)) == step.effect, step.knob
        assert 0 not in step.effects.values()
    for one, following in itertools.pairwise(found.steps):
        assert one.after == following.before


def test_the_way_from_the_standard_to_all_movements_names_the_accounts(nine):
    found = reconcile(nine, preset("standard"), preset("movements-all-with-returns"))
    assert [(s.knob, s.effect) for s in found.steps] == [
        ("family", Fraction(-1, 6)), ("population", Fraction(0)), ("returns", Fraction(8, 27)),
    ]  # fmt: skip
    assert found.steps[0].effects == {"D": Fraction(-90, 540)}
    assert found.steps[1].effects == {"G": Fraction(60, 540), "H": Fraction(-60, 540)}
    assert found.steps[2].effects == {"D": Fraction(90, 540), "F": Fraction(70, 540)}
    assert found.frame.accounts.tolist() == [1, 2, 2]
    assert found.frame.effect_exact.tolist() == ["-1/6", "0", "8/27"]
    assert found.accounts(3).account_id.tolist() == ["D", "F"]
    with pytest.raises(SelectionError, match="steps 1 to 3"):
        found.accounts(4)


def test_an_account_whose_amounts_are_the_same_has_no_part_in_a_step(nine):
    found = reconcile(nine, Definition(), Definition(min_opening_mrr=800_000))
    assert set(found.steps[0].effects) == {"E"}  # 50 at the opening; all others keep their amounts
    assert found.steps[0].effect == Fraction(440, 490) - Fraction(490, 540)


def test_equal_definitions_need_no_step(nine):
    found = reconcile(nine, Definition(), Definition())
    assert (found.steps, found.start) == ((), found.end)
    assert found.frame.empty


def test_a_knob_in_between_without_a_value_is_turned_together_with_the_next(nine):
    short = Definition(family="point_to_point", window_months=20)
    found = reconcile(nine, short, Definition(family="revenue_window", window_months=3))  # 2 × 20 months are not there
    assert [s.knob for s in found.steps] == ["family + window_months"]
    adds_up(found)


def test_a_definition_without_a_value_is_refused_in_words():
    nobody = ledger({"a": [0, 100, 100]}, last=START + 3)
    with pytest.raises(SelectionError, match="no NRR"):
        reconcile(nobody, Definition(window_months=1), Definition(window_months=1, min_opening_mrr=10**9), close="2023-03")


def test_a_renewal_rate_has_no_bridge_to_nrr(nine):
    with pytest.raises(DefinitionError, match=r"renewal_base.*not NRR"):
        reconcile(nine, Definition(), Definition(family="renewal_base"))


def test_reconciling_a_filter_reconciles_its_own_nrr():
    rows = {"a": [(100, "x")] * 3 + [(0, "")] * 2 + [(100, "x")], "b": [(50, "y")] * 6}
    data = ledger(rows, dimension="plan")
    card = Definition(window_months=5)
    found = reconcile(data, card, Definition(family="movements", window_months=5), where={"plan": ["x"]})
    assert (found.start, found.end) == (1, 0)
    assert "plan: x" in found.frame.attrs["stamp"]["filters"]


def test_every_pair_of_presets_adds_up(nine):
    reconciler = Reconciler(nine)
    for start, end in itertools.permutations(PRESETS.values(), 2):
        found = reconciler.between(start.card, end.card)
        adds_up(found)
        assert " + ".join(s.knob for s in found.steps).split(" + ") == start.card.changes(end.card)


@given(ledgers, any_card, any_card, st.sampled_from([None, "x"]))
def test_any_two_cards_add_up_on_any_ledger(raw, start, end, plan):
    data = make(spans(raw), dimensions=("plan",), last=START + 14)
    where = {"plan": [plan]} if plan and any(d[0] == plan for *_, d in raw if d) and plan in data.axis("plan").segments else None
    try:
        found = reconcile(data, start, end, where=where)
    except SelectionError:
        return
    adds_up(found)
    for card, value in ((start, found.start), (end, found.end)):
        window = Window(data.last - card.window_months, data.last)
        assert answer(data, card, [window], where=where)[0].ratios["nrr"].exact(0, 0) == value


def test_all_pairs_of_presets_add_up_on_random_ledgers():
    chance = random.Random(17)
    pairs = list(itertools.permutations(PRESETS.values(), 2))
    reconciled = 0
    for _ in range(LEDGERS):
        lines = []
        for account in range(chance.randrange(4, 12)):
            f = START + chance.randrange(12)
            while f < START + 26:
                t = f + chance.randrange(1, 14)
                lines.append((f"a{account}", f, min(t, START + 26), chance.randrange(1, 10**7), ()))
                f = t + chance.choice([0, 0, 1, 4])
        lines.append(("stays", START, None, 10_000, ()))
        data = make(lines, last=START + 25)
        reconciler = Reconciler(data)
        for start, end in chance.sample(pairs, EACH) if EACH else pairs:
            adds_up(reconciler.between(start.card, end.card))
            reconciled += 1
    assert reconciled == LEDGERS * (EACH or len(pairs))


def test_what_an_account_adds_is_what_nrr_loses_without_its_change(nine):
    """Not a restatement of the sum: the ledger with D's gap filled is reconciled by hand."""
    filled = ledger(NINE | {"D": [90] * 25})
    step = reconcile(nine, preset("standard"), preset("movements-opening")).steps[0]
    without = nrr.retention(filled, card=preset("movements-opening"), close=filled.months[-1]).nrr.iloc[0]
    assert float(step.after - step.effects["D"]) == pytest.approx(without)


def test_months_are_named_as_the_data_has_them(nine):
    found = reconcile(nine, preset("standard"), preset("trailing-mean"), close="2024-12")
    assert "close 2024-12" in found.frame.attrs["stamp"]["question"]
    assert oracle.month("2024-12") == nine.last - 1
