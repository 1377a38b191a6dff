"""Ledgers under a card: each knob against a plain loop on random lines, and examples to read in one's head."""

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import fine
import numpy as np
import oracle
import pytest
from fine import Line
from hypothesis import given
from hypothesis import strategies as st

import nrr_core as nrr
from nrr_core import ledgers as product
from nrr_core.definition import STANDARD, Definition
from nrr_core.engines.duckdb import DuckDBEngine
from nrr_core.errors import DefinitionError
from nrr_core.ledgers import facts, under

START = oracle.month("2023-01")
MONTHS = 14
LAST = START + MONTHS
RATES = {
    "USD": [(0, 10**8)],
    "EUR": [(0, 110_000_000), (START + 4, 120_000_001), (START + 9, 95_500_000)],
    "JPY": [(0, 690_000), (START + 7, 712_345)],
}

random_lines = st.lists(
    st.builds(
        Line,
        account=st.sampled_from(["a", "b", "c", "d", "e"]),
        f=st.integers(START, LAST),
        t=st.integers(1, 6),
        amount=st.sampled_from([10_000, 5_000, 2_500, -2_500, 0, 33_333, 15_555, 1]),
        plan=st.sampled_from(["x", "y", ""]),
        parent=st.sampled_from(["", "", "p", "q", "a"]),
        item=st.sampled_from(["", "s1", "s2"]),
        kind=st.sampled_from([0, 0, 0, 1, 2]),
        currency=st.sampled_from(["USD", "EUR", "JPY"]),
    ),
    min_size=1,
    max_size=25,
)
types = st.sampled_from([("recurring",), ("usage",), ("recurring", "usage"), ("recurring", "usage", "one_off")])
cards = st.builds(
    Definition,
    gap_months=st.integers(0, 3),
    grain=st.sampled_from(["account", "parent", "subscription"]),
    segment_as_of=st.sampled_from(["open", "latest"]),
    revenue_types=types,
)


def spans(lines, *, one_month):
    """Lines that end where they should: after a month, after ``t`` months, or never."""
    return [replace(one, t=one.f + 1 if one_month else None if one.t > 5 else one.f + one.t) for one in lines]


def plain(lines, card, *, rated=lambda one, _month: one.amount):
    kinds = [code for code, kind in enumerate(fine.TYPES) if kind in card.revenue_types]
    latest = card.segment_as_of == "latest"
    return fine.ledger(lines, last=LAST, kinds=kinds, grain=card.grain, gap=card.gap_months, latest=latest, rated=rated)


@given(random_lines, cards, st.booleans())
def test_every_ledger_equals_the_plain_loop(raw, card, one_month):
    lines = spans(raw, one_month=one_month)
    data = fine.make(lines, last=LAST, one_month=one_month)
    if not facts(data).revenue_types[1:]:
        card = replace(card, revenue_types=("recurring",))
    want = plain(lines, card)
    assert fine.positions(under(data, card)) == want
    assert fine.positions(under(data, STANDARD)) == plain(lines, STANDARD)


@given(random_lines, cards, st.booleans(), st.integers(START, LAST))
def test_every_ledger_in_three_currencies_equals_the_plain_loop(raw, card, one_month, opening):
    lines = spans(raw, one_month=one_month)
    data = fine.make(lines, last=LAST, one_month=one_month, rates=RATES)

    def rated(month):
        return lambda one, m: fine.half_even(one.amount, fine.rate_of(RATES, one.currency, m if month is None else month))

    reported = replace(card, fx="reported")
    assert fine.positions(under(data, card, opening=opening)) == plain(lines, card, rated=rated(opening))
    assert fine.positions(under(data, reported)) == plain(lines, reported, rated=rated(None))
    assert fine.positions(data) == plain(lines, STANDARD, rated=rated(LAST))


@given(random_lines, cards, st.sampled_from([1, 3, 12]))
def test_questions_to_a_ledger_equal_the_plain_loop_asked_once_and_again(raw, card, window):
    lines = spans(raw, one_month=True)
    data = under(fine.make(lines, last=LAST, one_month=True), card)
    at = plain(lines, card)
    first, again = (nrr.movements(data, window=window, by="plan") for _ in range(2))
    assert first.equals(again), "from pairs, and from roll-ups"
    segmented = {unit: {m: (mrr, plan or "(none)") for m, (mrr, (plan, _)) in months.items()} for unit, months in at.items()}
    for row in again.to_dict("records"):
        segment = None if row["segment"] == "(all)" else row["segment"]
        want = oracle.window(segmented, oracle.month(row["open"]), oracle.month(row["close"]), segment)
        got = {name: int(row[f"{name}_mrr"].scaleb(4)) for name in ("opening", "new", "reactivation", "expansion", "contraction", "churn")}
        assert got == {name: want[name] for name in got}, row["close"]
    shown = nrr.cohorts(data)
    for row in shown[shown["cohort"] != "(all)"].to_dict("records"):
        want = oracle.cohort(segmented, oracle.month(row["cohort"]), row["age"])
        assert (row["accounts"], int(row["mrr"].scaleb(4)), row["active_accounts"]) == (want[0], want[2], want[4])


# examples

JAN, FEB, MAR, APR, MAY, JUN = range(START, START + 6)
USD = 10_000


def paying(account, months, mrr, **said):
    return [Line(account, m, m + 1, mrr * USD, **said) for m in months]


def answer(data, *, window, close):
    """Opening, new, reactivation, expansion, contraction, churn of one window, in whole units."""
    row = nrr.movements(data, window=window, close=close).iloc[0]
    return [int(row[f"{name}_mrr"]) for name in ("opening", "new", "reactivation", "expansion", "contraction", "churn")]


def test_a_late_renewal_is_bridged_at_what_was_paid_before_it_and_a_loss_stays_one():
    late = [*paying("late", (JAN, FEB), 100), *paying("late", (MAY, JUN), 150)]  # two empty months
    gone = paying("gone", (JAN, FEB), 100)
    data = fine.make([*late, *gone], last=JUN, one_month=True)
    assert answer(data, window=2, close="2023-04") == [200, 0, 0, 0, 0, 200]
    assert answer(under(data, Definition(gap_months=1)), window=2, close="2023-04") == [200, 0, 0, 0, 0, 200]
    bridged = under(data, Definition(gap_months=2))
    assert answer(bridged, window=2, close="2023-04") == [200, 0, 0, 0, 0, 100]
    assert answer(bridged, window=1, close="2023-05") == [100, 0, 0, 50, 0, 0], "the return is an expansion"
    assert nrr.accounts(bridged, window=5)["first_paid"].tolist() == ["2023-01"] * 2


def test_accounts_of_a_parent_are_one_and_a_change_of_parent_moves_between_parents():
    lines = [
        *paying("north", range(JAN, JUN + 1), 100, parent="group"),
        *paying("south", (JAN, FEB), 60, parent="group"),
        *paying("moving", (JAN, FEB, MAR), 40, parent="group"),
        *paying("moving", (APR, MAY, JUN), 40, parent="other"),
        *paying("alone", range(JAN, JUN + 1), 10),
        *paying("group", range(JAN, JUN + 1), 5),
    ]
    data = fine.make(lines, last=JUN, one_month=True, said=())
    assert answer(data, window=5, close="2023-06") == [215, 0, 0, 0, 0, 60]
    parents = under(data, Definition(grain="parent"))
    assert parents.accounts == 3
    assert answer(parents, window=5, close="2023-06") == [215, 40, 0, 0, 100, 0], "the group shrinks by 60 and 40; “other” is new"
    listed = nrr.accounts(parents, window=5).set_index("account_id")["closing_mrr"]
    assert listed.to_dict() == {"group": Decimal(105), "other": Decimal(40), "alone": Decimal(10)}


def test_an_upgrade_by_a_new_subscription_is_expansion_of_the_account_and_loss_and_gain_of_subscriptions():
    data = fine.make([*paying("a", (JAN, FEB), 100, item="s1"), *paying("a", (MAR, APR), 150, item="s2")], last=APR, one_month=True)
    assert answer(data, window=3, close="2023-04") == [100, 0, 0, 50, 0, 0]
    each = under(data, Definition(grain="subscription"))
    assert answer(each, window=3, close="2023-04") == [100, 150, 0, 0, 0, 100]
    assert nrr.history(each, "a / s2")["mrr"].tolist() == [Decimal(150)] * 2


def test_usage_and_one_off_lines_count_only_where_the_card_says_so():
    lines = [
        *paying("a", (JAN, FEB), 100),
        *paying("a", (FEB,), 30, kind=1),
        *paying("a", (JAN,), 500, kind=2),
        *paying("b", (JAN, FEB), 7, kind=1),
    ]
    data = fine.make(lines, last=FEB, one_month=True)
    assert answer(data, window=1, close="2023-02") == [100, 0, 0, 0, 0, 0]
    assert answer(under(data, Definition(revenue_types=("recurring", "usage"))), window=1, close="2023-02") == [107, 0, 0, 30, 0, 0]
    every = under(data, Definition(revenue_types=("recurring", "usage", "one_off")))
    assert answer(every, window=1, close="2023-02") == [607, 0, 0, 0, 470, 0]
    assert answer(under(data, Definition(revenue_types=("one_off",))), window=1, close="2023-02") == [500, 0, 0, 0, 0, 500]


def test_constant_rates_leave_out_what_currencies_did_and_reported_ones_show_it():
    rates = {"USD": [(0, 10**8)], "EUR": [(0, 10**8), (FEB, 120_000_000)]}
    lines = [*paying("us", (JAN, FEB), 100), *paying("eu", (JAN, FEB), 100, currency="EUR")]
    data = fine.make(lines, last=FEB, one_month=True, rates=rates)
    constant = under(data, STANDARD, opening=JAN)
    reported = under(data, Definition(fx="reported"))
    assert answer(constant, window=1, close="2023-02") == [200, 0, 0, 0, 0, 0]
    assert answer(reported, window=1, close="2023-02") == [200, 0, 0, 20, 0, 0]
    assert answer(data, window=1, close="2023-02") == [200, 0, 0, 0, 0, 0], "a question takes the rates of its own opening"
    bar = [nrr.movements(d, window=1, close="2023-02").iloc[0]["closing_mrr"] for d in (reported, constant)]
    assert bar[0] - bar[1] == Decimal(20)


def test_accounts_behind_a_window_are_at_the_rates_of_its_opening_like_the_window():
    rates = {"USD": [(0, 10**8)], "EUR": [(0, 10**8), (FEB, 120_000_000)]}
    lines = [*paying("us", (JAN, FEB), 100), *paying("eu", (JAN, FEB), 100, currency="EUR")]
    data = fine.make(lines, last=FEB, one_month=True, rates=rates)
    listed = nrr.accounts(data, window=1, close="2023-02")
    whole = nrr.retention(data, window=1, close="2023-02").iloc[0]
    assert (listed.opening_mrr.sum(), listed.closing_mrr.sum()) == (whole.opening_mrr, whole.closing_mrr) == (200, 200)


def test_amounts_are_converted_exactly_half_to_even():
    rates = {"USD": [(0, 10**8)], "EUR": [(0, 50_000_000)]}
    lines = [
        replace(line, amount=amount)
        for line, amount in zip(paying("abcd", (JAN,), 1, currency="EUR") * 4, (1, 3, 5, 10**17 + 1), strict=True)
    ]
    lines = [replace(line, account=name) for line, name in zip(lines, "abcd", strict=True)]
    data = fine.make([*lines, *paying("us", (JAN,), 1)], last=JAN, one_month=True, rates=rates)
    found = {unit: months[JAN][0] for unit, months in fine.positions(under(data, Definition(fx="reported"))).items()}
    assert found == {"b": 2, "c": 2, "d": 5 * 10**16, "us": USD}, "0.5 becomes 0 and so no position, 1.5 and 2.5 become 2"
    assert found["d"] != round((10**17 + 1) * 0.5) or float(10**17 + 1) == 10**17, "the control: a float has lost the last digit"


# identity, keeping, refusals


@pytest.fixture(name="data", scope="module")
def _data():
    chance = np.random.default_rng(3)
    lines = [
        Line(
            f"a{n}",
            f := START + int(chance.integers(0, 8)),
            f + int(chance.integers(1, 8)),
            int(chance.integers(1, 50)) * USD,
            item=f"s{n % 3}",
        )
        for n in (int(chance.integers(0, 60)) for _ in range(200))
    ]
    return fine.make(lines, last=LAST)


def test_a_card_that_asks_for_nothing_else_is_answered_by_the_dataset_itself(data):
    for card in (STANDARD, Definition(window_months=3, measure="ARR"), Definition(fx="reported"), Definition(segment_as_of="close")):
        assert under(data, card, opening=START) is data


def test_a_ledger_carries_the_identity_of_its_dataset_and_a_ledger_of_a_ledger_is_itself(data):
    card = Definition(gap_months=2)
    made = under(data, card)
    assert (made.sha256, made.name, made.scope, made.first, made.last) == (data.sha256, data.name, data.scope, data.first, data.last)
    assert under(made, card) is made
    assert under(made, STANDARD) is made
    with pytest.raises(DefinitionError, match="already"):
        under(made, Definition(gap_months=1))


def test_the_same_ledger_is_made_once_whoever_asks_at_the_same_time(data, monkeypatch):
    made, usual, started = [], product.derive, threading.Barrier(8)

    def counted(*arguments):
        made.append(arguments)
        return usual(*arguments)

    monkeypatch.setattr(product, "derive", counted)

    def ask(_turn):
        started.wait()
        return under(data, Definition(gap_months=3))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert len(made) == 1
    assert all(one is found[0] for one in found)


def test_threads_that_ask_one_ledger_get_their_own_answers(data):
    made = under(data, Definition(grain="subscription", gap_months=1))
    want = {months: nrr.movements(made, window=months) for months in range(1, 7)}
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda turn: (turn % 6 + 1, nrr.movements(made, window=turn % 6 + 1)), range(48)))
    assert all(frame.equals(want[months]) for months, frame in found)


def test_few_ledgers_are_kept_where_they_are_large_and_they_go_with_their_dataset(monkeypatch):
    data = fine.make(paying("a", (JAN, MAR), 100), last=MAR, one_month=True)
    seen = [weakref.ref(under(data, Definition(gap_months=gap))) for gap in range(1, 11)]
    gc.collect()
    assert all(ref() is not None for ref in seen), "small ones cost little"
    monkeypatch.setattr(product, "_SMALL", 5)
    seen.append(weakref.ref(under(data, Definition(gap_months=11))))
    gc.collect()
    assert [ref() is not None for ref in seen] == [False] * 5 + [True] * 6
    assert under(data, Definition(gap_months=11)) is seen[-1](), "the last one used is kept"
    whole = weakref.ref(data)
    del data
    gc.collect()
    assert whole() is None
    assert all(ref() is None for ref in seen)


def test_a_ledger_outlives_its_dataset_while_somebody_holds_it():
    made = under(fine.make(paying("a", (JAN, MAR), 100, plan="x"), last=MAR, one_month=True), Definition(gap_months=1))
    gc.collect()
    assert answer(made, window=1, close="2023-02") == [100, 0, 0, 0, 0, 0]
    assert made.axis("plan").segments == ("x",)


def test_a_ledger_is_locked_down_like_a_dataset(data):
    engine = under(data, Definition(gap_months=1)).engine
    assert isinstance(engine, DuckDBEngine)
    for sql in ("select * from read_csv('/etc/hostname')", "attach '/tmp/x.duckdb'", "set memory_limit = '9GB'"):
        with pytest.raises(Exception, match=r"disabled|locked|Permission"):
            engine._fetch(sql, {})


def test_what_a_dataset_lacks_is_refused_by_name_with_what_to_do():
    from ledgers import make  # noqa: PLC0415 - the other maker: lines that say nothing besides

    bare = make([("a", START, START + 3, USD, ("x",))], dimensions=("plan",), last=LAST)
    known = facts(bare)
    assert (known.parent, known.subscriptions, known.revenue_types, known.currencies) == ("", "", ("recurring",), ())
    for card, name in (
        (Definition(grain="parent"), "parent_id"),
        (Definition(grain="subscription"), "subscription_id"),
        (Definition(revenue_types=("recurring", "usage")), "revenue_type"),
    ):
        with pytest.raises(DefinitionError, match=name):
            under(bare, card)
    assert set(known.missing) == {"grain=parent", "grain=subscription", "revenue_types", "fx"}
    for table in ("strands", "items", "rates"):
        with pytest.raises(Exception, match=table):
            bare.engine.export(table)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("parent_id", True),
        ("Parent Account", True),
        ("ultimateParentId", True),
        ("parent (account)", True),
        ("apparent", False),
        ("region", False),
    ],
)
def test_the_parent_is_recognised_by_the_name_of_its_dimension(name, found):
    from ledgers import make  # noqa: PLC0415 - as above

    data = make([("a", START, START + 3, USD, ("p",))], dimensions=(name,), last=LAST)
    assert (facts(data).parent == name) is found
