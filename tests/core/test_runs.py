"""Ledgers in memory: what is read from runs equals what the statements say, and what ledgers share changes nothing."""

import random
from dataclasses import replace
from fractions import Fraction

import fine
import numpy as np
import pytest
from fine import Line
from hypothesis import assume, example, given
from hypothesis import strategies as st
from test_ledgers import LAST, MONTHS, RATES, START, USD, cards, paying, random_lines, spans

import nrr_core as nrr
from nrr_core import ledgers as product
from nrr_core.definition import STANDARD, Definition
from nrr_core.engines import sums
from nrr_core.engines.lines import converted
from nrr_core.engines.memory import MemoryEngine
from nrr_core.families import answer, movements
from nrr_core.kept import kept
from nrr_core.ledgers import each, facts, under
from nrr_core.measures.chosen import choose
from nrr_core.measures.windows import window_grid
from nrr_core.periods import Window
from nrr_core.rollups import added


class ByStatements(MemoryEngine):
    """The same ledger, which answers by the model's statements alone."""

    runs = ()


def by_statements(ledger):
    engine = ledger.engine
    return replace(ledger, engine=ByStatements(engine.runs, engine._described, cells=ledger.cells, last=ledger.last))


def answered(data, card):
    """A card the data can answer."""
    return card if facts(data).revenue_types[1:] else replace(card, revenue_types=("recurring",))


def same(one, other):
    """Whether two grids or frames of sums say the same, whatever they say besides."""
    return all(np.array_equal(one[name], other[name]) for name in {*one} & {*other}) and bool({*one} & {*other})


def windows_agree(ledger, other, *, months, **asked):
    """Whether both give the same grid for every close, and for two of them."""
    closes = list(range(ledger.first, ledger.last + 1))
    found = []
    for data in (ledger, other):
        chosen = choose(data, by=asked.get("by", ()), where=asked.get("where"))
        more = {name: asked[name] for name in ("arrivals", "floor", "as_of") if name in asked}
        found += [window_grid(data, chosen, months=months, closes=some, **more) for some in (closes, closes[-2:])]
    return all(same(one, other) for one, other in zip(found[:2], found[2:], strict=True))


asked_of_windows = st.fixed_dictionaries(
    {
        "months": st.sampled_from([1, 3, 12]),
        "by": st.sampled_from([(), ("plan",), ("plan", "parent_id")]),
        "where": st.sampled_from([None, {"plan": ["x"]}]),
        "arrivals": st.booleans(),
        "floor": st.sampled_from([0, 6_000]),
        "as_of": st.sampled_from(["open", "close"]),
    }
)


@given(random_lines, cards, st.booleans(), asked_of_windows)
def test_windows_read_from_runs_equal_the_statements(raw, card, one_month, asked):
    data = fine.make(spans(raw, one_month=one_month), last=LAST, one_month=one_month)
    ledger = under(data, replace(answered(data, card), gap_months=card.gap_months + 1))
    if "x" not in ledger.axis("plan").segments:
        asked = asked | {"where": None}
    assert windows_agree(ledger, by_statements(ledger), **asked)


def test_one_wrong_run_is_seen():
    data = fine.make([*paying("a", range(START, START + 4), 100), *paying("b", (START, START + 2), 50)], last=START + 4, one_month=True)
    ledger = under(data, Definition(gap_months=1))
    assert windows_agree(ledger, by_statements(ledger), months=1, arrivals=True)
    (runs,) = ledger.engine.runs
    for wrong in (replace(runs, mrr=runs.mrr + 1), replace(runs, t=runs.t - 1), replace(runs, account=np.zeros_like(runs.account))):
        other = replace(ledger, engine=MemoryEngine((wrong,), ledger.engine._described, cells=ledger.cells, last=ledger.last))
        assert not windows_agree(other, by_statements(ledger), months=1, arrivals=True)


movement_cards = st.builds(
    Definition,
    family=st.just("movements"),
    window_months=st.sampled_from([1, 3]),
    population=st.sampled_from(["opening", "all"]),
    returns=st.sampled_from(["separate", "opening", "all"]),
    segment_as_of=st.sampled_from(["open", "close"]),
    min_opening_mrr=st.sampled_from([0, 6_000]),
)


@given(random_lines, movement_cards)
def test_movements_read_from_runs_equal_the_statements(raw, card):
    ledger = under(fine.make(spans(raw, one_month=False), last=LAST), Definition(gap_months=1))
    asked = [Window(close - card.months, close) for close in range(ledger.first + card.months, LAST + 1)]
    assume(asked)
    ways = (ledger, by_statements(ledger))
    one, other = (movements.measure(way, choose(way, by=("plan",)), card, asked).grid for way in ways)
    assert same(one, other)
    assert not same(one, other | {"churn_mrr": other["churn_mrr"] + 1}), "the control"


@given(random_lines, cards, st.booleans())
def test_ledgers_that_share_what_rates_do_not_change_equal_those_made_alone(raw, card, one_month):
    lines = spans(raw, one_month=one_month)
    data = fine.make(lines, last=LAST, one_month=one_month, rates=RATES)
    card, openings = answered(data, card), list(range(START, LAST, 4))
    alone = fine.make(lines, last=LAST, one_month=one_month, rates=RATES)
    for (ledger, (place,)), opening in zip(each(data, card, openings), openings, strict=True):
        assert openings[place] == opening
        assert fine.positions(ledger) == fine.positions(under(alone, card, opening=opening))


def test_rates_of_another_opening_are_seen():
    lines = [*paying("us", range(START, LAST + 1), 100), *paying("eu", range(START, LAST + 1), 100, currency="EUR")]
    data = fine.make(lines, last=LAST, rates=RATES, one_month=True)
    openings = [START, START + 5]
    made = [ledger for ledger, _ in each(data, STANDARD, openings)]
    assert fine.positions(made[0]) != fine.positions(made[1])
    still, *_ = (one.engine.runs[0] for one in made)
    assert all(any(part is still for part in one.engine.runs) for one in made), "what no rate changes is made once"
    assert len(still.account) == 1, "and it is the account in dollars"


whole = st.integers(-(10**18) + 1, 10**18 - 1)


@given(st.lists(st.tuples(whole, st.integers(1, 8 * 10**8)), min_size=1, max_size=20))
@example([(5, 10**7), (15, 10**7), (-5, 10**7), (-15, 10**7), (10**17 + 1, 50_000_000)])
@example([(1, 10**16), (-(10**9), 10**16)])
def test_amounts_are_converted_like_fractions(pairs):
    amounts, rates = (np.array(values, dtype=np.int64) for values in zip(*pairs, strict=True))
    assert converted(amounts, rates).tolist() == [round(Fraction(a * r, 10**8)) for a, r in pairs]


def test_a_float_converts_otherwise_and_what_64_bits_do_not_hold_is_refused():
    assert converted(np.array([10**17 + 1]), np.array([10**8])).tolist() == [10**17 + 1] != [int((10**17 + 1) * 1.0)]
    with pytest.raises(OverflowError, match="too large"):
        converted(np.array([10**18]), np.array([10**10]))


def test_sums_that_64_bits_do_not_hold_are_refused():
    most = 9 * 10**18
    lines = [replace(one, amount=most) for one in [*paying("a", (START,), 1), *paying("a", (START,), 1), *paying("b", (START,), 1)]]
    fitting = fine.make([replace(lines[0], kind=1), replace(lines[2], kind=1)], last=START, one_month=True)
    assert under(fitting, Definition(revenue_types=("usage",))).accounts == 2
    data = fine.make([replace(one, kind=1) for one in lines], last=START, one_month=True)
    with pytest.raises(OverflowError, match="too large"):
        under(data, Definition(revenue_types=("usage",)))


@pytest.mark.parametrize("at_a_time", [1, 3 * (MONTHS + 2), 10**9])
def test_crowded_accounts_are_added_some_at_a_time(monkeypatch, at_a_time):
    chance = random.Random(5)
    lines = []
    for n in range(60):
        account, f, months, mrr = (chance.randrange(most) for most in (9, 9, 6, 9))
        lines.append(Line(f"a{account}", START + f, START + f + months + 1, (mrr + 1) * USD, item=f"s{n}"))
    want = fine.ledger(lines, last=LAST, kinds=[0, 1])
    monkeypatch.setattr(sums, "_AT_A_TIME", at_a_time)
    data = fine.make([*lines, Line("u", START, START + 1, USD, kind=1)], last=LAST)
    found = fine.positions(under(data, Definition(revenue_types=("recurring", "usage"))))
    assert {unit: months for unit, months in found.items() if unit != "u"} == want


# answers that are kept


@pytest.fixture(name="several")
def _several():
    lines = [*paying("us", range(START, LAST + 1), 100, plan="x"), *paying("eu", range(START, LAST - 1), 80, currency="EUR", plan="y")]
    return fine.make(lines, last=LAST, rates=RATES, one_month=True)


def test_an_answer_over_many_openings_is_kept_and_another_question_is_another_answer(several, monkeypatch):
    monkeypatch.setattr(product, "_KEPT", 1)
    monkeypatch.setattr(product, "_SMALL", 0)
    made, usual = [], product.derive
    monkeypatch.setattr(product, "derive", lambda *given: (made.append(given[1]), usual(*given))[1])
    first = nrr.retention(several, window=3)
    bridge = nrr.movements(several, window=1)
    count = len(made)
    assert count > MONTHS, "each opening has its ledger"
    assert nrr.retention(several, window=3).equals(first)
    assert nrr.movements(several, window=1).equals(bridge)
    assert len(made) == count, "asked again, none is made"
    only = nrr.retention(several, window=3, where={"plan": ["y"]})
    assert len(made) > count
    assert only["opening_mrr"].tolist() != first["opening_mrr"].tolist()
    fresh = nrr.retention(several, window=3, card=Definition(min_opening_mrr=1))
    assert fresh["opening_mrr"].tolist() == first["opening_mrr"].tolist()


def test_what_is_kept_cannot_be_changed_by_whoever_got_it(several):
    asked = [Window(close - 3, close) for close in range(START + 3, LAST + 1)]
    found, _ = answer(several, STANDARD, asked)
    with pytest.raises(ValueError, match="read-only"):
        found.grid["opening_mrr"][0, 0] = 0
    bridge = nrr.movements(several, window=1)
    bridge["opening_mrr"] = None
    assert nrr.movements(several, window=1)["opening_mrr"].notna().all()


def test_few_answers_are_kept_and_large_ones_fewer(several, monkeypatch):
    from nrr_core import kept as module  # noqa: PLC0415 - its bounds are changed here

    monkeypatch.setattr(module, "_NUMBERS", 10)
    made = []

    def ask(key, size):
        def make():
            made.append(key)
            return np.zeros(size)

        return kept(several, key, make, arrays=lambda found: [found])

    for key in ("a", "b", "a", "b"):
        ask(key, 5)
    assert made == ["a", "b"]
    ask("c", 5)
    ask("b", 5)
    ask("a", 5)
    assert made == ["a", "b", "c", "a"], "the one asked for longest ago went"
    assert ask("d", 50).size == 50
    ask("d", 50)
    assert made[-2:] == ["d", "d"], "what is larger than all that may be kept is not"


def test_what_ledgers_share_counts_once(several):
    openings = list(range(START, START + 8))
    list(each(several, STANDARD, openings))
    shelf = product._SHELVES[several]
    held = sum(one.engine.size for one in shelf.kept.values())
    assert shelf._size() == held - (len(shelf.kept) - 1), "the account in dollars has one run"


def test_large_amounts_are_added_exactly_even_where_all_of_them_together_pass_64_bits():
    values, place = np.full(10, 10**18 - 1, dtype=np.int64), np.arange(10)
    assert added(values, place, size=10).tolist() == [10**18 - 1] * 10
    assert np.bincount(place, weights=values).astype(np.int64).tolist() != [10**18 - 1] * 10, "the control: by way of floats"
