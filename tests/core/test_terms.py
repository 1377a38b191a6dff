"""Account by account, a family's terms: added up they are the family's own sums, under any card, in total and by segment."""

from dataclasses import replace

import numpy as np
import pytest
from cases import MONTHS, START, any_card, ledgers, spans
from hypothesis import given
from ledgers import make

import nrr_core as nrr
from nrr_core import Definition
from nrr_core.explain.bases import bases_of
from nrr_core.explain.resampling import MEASURES
from nrr_core.families import TERMS, Courses, Months, answer, factors, reached, told_apart
from nrr_core.ledgers import under
from nrr_core.measures.chosen import choose
from nrr_core.periods import Window
from nrr_core.schema import ALL


def summed(data, card, window, *, by=()):
    """(over, under) of the factors of each ratio, the total first, from the terms of every account."""
    ledger = under(data, card, opening=window.open)
    chosen = choose(ledger, by=by)
    months, found = Months(ledger, chosen), []
    for segment in range(-1, len(chosen.labels) if by else 0):
        for factor in factors(card, window):
            own, settled = told_apart(card, factor)
            accounts = months.members(own, settled=settled).get(segment, np.zeros(0, dtype=np.int64)) if segment >= 0 else None
            one = TERMS[card.family](Courses(months, accounts, segment), card, factor)
            found.append([int(each.sum()) for each in (one.closing, one.opening, one.kept, one.opening, one.stays, one.opens)])
    return np.array(found).reshape(-1, len(factors(card, window)), 3, 2)


def of_family(data, card, window, *, by=()):
    """The same from the family's statements."""
    ratios = answer(data, card, [window], by=by)[0].ratios
    rows = len(ratios["nrr"].over[0])
    return np.array(
        [
            [
                [[ratios[name].over[step, row, 0], ratios[name].under[step, row, 0]] for name in MEASURES]
                for step in range(len(ratios[name_of(ratios)].over))
            ]
            for row in range(rows if by else 1)
        ]
    )


def name_of(ratios):
    return next(iter(ratios))


@given(raw=ledgers, card=any_card)
def test_terms_add_up_to_the_sums_of_the_family(raw, card):
    data = make(spans(raw), dimensions=("size",), last=START + MONTHS - 1)
    plain = replace(card, average="none", family="point_to_point" if card.family == "averaged" else card.family)
    for window in reached(data, plain)[::3]:
        for by in ((), ("size",)):
            assert summed(data, plain, window, by=by).tolist() == of_family(data, plain, window, by=by).tolist()


@given(raw=ledgers, card=any_card)
def test_values_are_those_of_retention_to_the_last_bit(raw, card):
    data = make(spans(raw), dimensions=("size",), last=START + MONTHS - 1)
    answered = nrr.retention(data, card=card, by="size")
    bases = bases_of(data, reached(data, card), by="size", where={}, card=card)
    made = {(close, segment): [base.value(name) for name in MEASURES] for (close, segment), base in bases.items()}
    told = [made[nrr.periods.parse_month(row.close), row.segment] for row in answered.itertuples()]
    assert np.array_equal(np.array(told).reshape(-1, 3), answered[[*MEASURES]].to_numpy(), equal_nan=True)
    counted = [bases[nrr.periods.parse_month(row.close), row.segment].accounts for row in answered.itertuples()]
    assert counted == answered["opening_accounts"].tolist()


def test_the_sums_see_an_account_left_out():
    """Control: without one account, the terms no longer add up."""
    data = make([("a", START, START + 4, 10_000, ("x",)), ("b", START, START + 4, 20_000, ("x",))], dimensions=("size",), last=START + 3)
    card, window = Definition(window_months=2), Window(START, START + 2)
    months = Months(data, choose(data))
    some = TERMS["point_to_point"](Courses(months, np.array([0])), card, window)
    assert int(some.opening.sum()) != of_family(data, card, window)[0, 0, 0, 1]
    assert summed(data, card, window).tolist() == of_family(data, card, window).tolist()


def test_a_month_that_was_let_go_of_is_read_again():
    data = make([("a", START, START + 9, 10_000, ())], last=START + 8)
    months = Months(data, choose(data))
    before = months.mrr(START, np.array([0])).tolist()
    months.forget(before=START + 5)
    assert months.mrr(START, np.array([0])).tolist() == before == [10_000]


@pytest.mark.parametrize("accounts", [[0], [0, 7]])
def test_accounts_that_a_month_does_not_know_pay_nothing_in_it(accounts):
    data = make([("a", START, START + 9, 10_000, ())], last=START + 8)
    assert Months(data, choose(data)).mrr(START, np.array(accounts)).tolist() == [10_000, 0][: len(accounts)]


def test_the_total_stands_first():
    data = make([("a", START, START + 9, 10_000, ("x",))], dimensions=("size",), last=START + 8)
    bases = bases_of(data, reached(data, Definition(window_months=3)), by="size", where={}, card=Definition(window_months=3))
    assert [segment for _, segment in bases][:2] == [ALL, "x"]
