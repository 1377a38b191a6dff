"""Intervals over several ledgers: a mean of windows whose exchange rates are those of each opening still resamples whole accounts."""

from dataclasses import replace

import fine
import numpy as np
import oracle
import pytest
from fine import Line

import nrr_core as nrr
from nrr_core.definition import Definition
from nrr_core.explain import bases, intervals
from nrr_core.families import reached
from nrr_core.ledgers import each, under
from nrr_core.schema import ALL

JAN = oracle.month("2025-01")
LAST = JAN + 5
RATES = {"USD": [(0, 10**8)], "EUR": [(0, 40_000_000), (JAN + 2, 160_000_000)]}
CARD = Definition(family="averaged", window_months=2, average_months=3, grain="parent")


def book():
    """The first parent pays so little that at the early rate it is nothing."""
    return [
        Line("a", JAN, None, 1, plan="x", parent="AAA", currency="EUR"),
        Line("b", JAN, None, 10_000_000, plan="x", parent="BBB"),
        Line("c", JAN, None, 70_000, plan="x", parent="CCC"),
        Line("d", JAN, JAN + 4, 500_000, plan="y", parent="DDD", currency="EUR"),
        Line("e", JAN, None, 900_000, plan="y", parent="EEE", currency="EUR"),
    ]


@pytest.fixture(scope="module")
def data():
    return fine.make(book(), last=LAST, rates=RATES)


def openings(data):
    """What each account opens the three windows with."""
    (window,) = reached(data, CARD, close=nrr.periods.month_text(LAST))
    sums = bases.bases_of(data, [window], by=None, where={}, card=CARD)[LAST, ALL].sums["nrr"]
    return np.split(sums.largest, 2)[0].T.tolist()


def test_an_account_is_one_in_every_ledger(data):
    found = openings(data)
    assert [10_000_000] * 3 in found
    assert [70_000] * 3 in found
    assert sorted(len(set(row)) for row in found)[:2] == [1, 1]


def names(ledger):
    """The ids of a ledger's accounts, in the order of their numbers."""
    table = ledger.engine.export("accounts").to_pandas()
    return table.sort_values("account")["account_id"].tolist()


@pytest.mark.parametrize("grain", ["parent", "subscription", "account"])
def test_ledgers_at_the_rates_of_several_openings_number_their_accounts_alike(data, grain):
    card = replace(CARD, grain=grain)
    found = [names(ledger) for ledger, _ in each(data, card, range(JAN, LAST))]
    assert len(found) == LAST - JAN
    assert found == [found[0]] * len(found)
    assert [names(under(data, card, opening=month)) for month in range(JAN, LAST)] == found


def test_the_check_sees_a_ledger_that_numbers_them_otherwise(data):
    """Control: a ledger of other kinds of revenue has other subscriptions."""
    assert names(under(data, replace(CARD, grain="subscription"), opening=JAN)) != names(under(data, CARD, opening=JAN))


@pytest.mark.parametrize("grain", ["parent", "account", "subscription"])
@pytest.mark.parametrize("fx", ["constant", "reported"])
@pytest.mark.parametrize("family", ["averaged", "chained", "movements"])
def test_values_are_those_of_retention(data, grain, fx, family):
    card = Definition(family=family, window_months=2, average_months=3, grain=grain, fx=fx)
    for by in (None, "plan"):
        found, answer = intervals(data, by=by, card=card), nrr.retention(data, by=by, card=card)
        assert np.array_equal(found["value"].to_numpy().reshape(-1, 3), answer[["nrr", "grr", "logo_retention"]].to_numpy(), equal_nan=True)
