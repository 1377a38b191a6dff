"""Scenarios under any card: every family against plain loops, and what holds between them."""

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import foresee_cards as loops
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import make
from oracle import month
from worlds import START, levers, lines

import nrr_core as nrr
from nrr_core.errors import DefinitionError
from nrr_core.periods import month_text
from nrr_core.scenarios import Decision, Lever, Scenario, project
from nrr_core.schema import ALL, UNIT

M = month("2025-03")
RATIOS = ("nrr", "grr", "logo_retention")
FAMILIES = ("point_to_point", "movements", "chained", "averaged", "revenue_window")


@st.composite
def cards(draw, families=FAMILIES):
    return nrr.Definition(
        family=draw(st.sampled_from(families)), window_months=draw(st.sampled_from([1, 2, 3, 5, 8])),
        population=draw(st.sampled_from(["opening", "all"])), returns=draw(st.sampled_from(["separate", "opening", "all"])),
        segment_as_of=draw(st.sampled_from(["open", "close"])), min_opening_mrr=draw(st.sampled_from([0, 0, 3_000_000])),
        average=draw(st.sampled_from(["none", "none", "mean", "weighted"])), average_months=draw(st.integers(1, 4)),
    )  # fmt: skip


@st.composite
def decided(draw):
    """Decisions about some of the accounts A to D, as plain values and as the library's."""
    plain = []
    for name in "ABCD":
        action = draw(st.sampled_from([None, None, "lose", "renew", "grow"]))
        if action:
            one = {
                "account": name,
                "action": action,
                "chance": Fraction(draw(st.integers(0, 4)), 4),
                "month": START + draw(st.integers(1, 6)),
            }
            plain.append(one | ({"to": draw(st.integers(50, 900)) * 10_000} if action == "grow" else {}))
    made = tuple(
        Decision(one["account"], one["action"], to=one.get("to"), probability=float(one["chance"]), month=month_text(one["month"]))
        for one in plain
    )
    return plain, made


@dataclass(frozen=True)
class Case:
    """A ledger, levers and decisions as plain values and as the library's, and how the baseline is taken."""

    ledger: list
    levers: tuple
    decided: tuple
    months: int
    by: bool

    def asked(self, horizon):
        """The dataset, the scenario on it, and its world of plain loops: with the levers whose places and accounts there are."""
        data = make(self.ledger, dimensions=("plan",), last=START)
        plans, known = data.axis("plan").segments, data.engine.account_numbers(["A", "B", "C", "D"])
        plain = [one for one in self.levers[0] if one.get("only") in {None, *plans}]
        made = tuple(one for one in self.levers[1] if not one.where or one.where[0][1][0] in plans)
        decisions = tuple(d for d in self.decided[1] if d.account in known)
        shape = {"horizon": horizon, "months": self.months, "by": "plan" if self.by else None}
        courses = [one for one in self.decided[0] if one["account"] in known]
        world = loops.World(self.ledger, start=START, horizon=horizon, months=self.months, by=self.by, levers=plain, decided=courses)
        return data, Scenario(levers=made, decisions=decisions, **shape), world


def cases():
    return st.builds(Case, lines(), levers(), decided(), st.sampled_from([1, 3, 6]), st.booleans())


def worst(found, world, card):
    """The largest distance from the loops over months and segments, as a multiple of what rounding may do; and how many were compared."""
    distance, count = 0.0, 0
    for row in found[found["path"] == "scenario"].to_dict("records"):
        close, segment = month(row["close"]), None if row["segment"] == ALL else (row["segment"],)
        if not loops.reaches(world, card, close):
            assert all(np.isnan(row[name]) for name in RATIOS)
            continue
        if weak(world, card, close, segment):
            continue
        for name, want in zip(RATIOS, loops.retention(world, card, close, segment), strict=True):
            count += 1
            if want is None or np.isnan(row[name]):
                distance = max(distance, 0.0 if want is None and np.isnan(row[name]) else np.inf)
            else:
                slack = 1e-4 * max(abs(float(want)), 1.0) * (card.window_months if card.family == "chained" else 1)
                distance = max(distance, abs(row[name] - float(want)) / slack)
    return distance, count


def weak(world, card, close, segment):
    """Whether a window, or a month of a chain, opens with so little that a last digit shows: less than 20, or a fifth of an account."""
    alone = replace(card, family="point_to_point" if card.family == "averaged" else card.family, average="none")
    count = card.average_months if card.average != "none" or card.family == "averaged" else 1
    for c in (close - back for back in range(count) if close - back > world.start):
        nrr, _, logos = loops.FAMILIES[alone.family](world, alone, c - card.window_months, c, segment)
        if any(0 < under < 20 * UNIT for _, under in nrr) or any(0 < under < Fraction(1, 5) for _, under in logos):
            return True
    return False


@settings(max_examples=80, deadline=None)
@given(cases(), cards())
def test_any_card_agrees_with_plain_loops(case, card):
    data, scenario, world = case.asked(7)
    assert worst(project(data, scenario, card=card).months, world, card)[0] < 1


S = START
BUSY = [  # A grows and changes plan; B leaves and comes back; C shrinks; D pays little; E is new; F left; G comes and goes
    ("A", S - 19, S - 4, 100 * UNIT, ("Basic",)), ("A", S - 4, None, 160 * UNIT, ("Pro",)),
    ("B", S - 19, S - 8, 120 * UNIT, ("Pro",)), ("B", S - 2, None, 90 * UNIT, ("Pro",)),
    ("C", S - 19, S - 3, 300 * UNIT, ("Pro",)), ("C", S - 3, None, 210 * UNIT, ("Pro",)),
    ("D", S - 19, None, 20 * UNIT, ("Basic",)), ("E", S - 2, None, 75 * UNIT, ("Basic",)), ("F", S - 19, S - 1, 80 * UNIT, ("Basic",)),
    ("G", S - 19, S - 10, 50 * UNIT, ("Basic",)), ("G", S - 5, S - 3, 70 * UNIT, ("Pro",)), ("G", S - 1, None, 65 * UNIT, ("Pro",)),
]  # fmt: skip
TURNED = [
    ({}, {"returns": "all"}), ({"min_opening_mrr": 30 * UNIT}, {"min_opening_mrr": 0}),
    ({"segment_as_of": "close"}, {"segment_as_of": "open"}), ({"average": "mean", "average_months": 3}, {"average_months": 2}),
    ({"average": "mean", "average_months": 3}, {"average": "weighted"}), ({}, {"family": "movements"}), ({}, {"family": "chained"}),
    ({}, {"family": "revenue_window"}), ({"family": "averaged"}, {"family": "point_to_point"}),
    ({"family": "movements"}, {"population": "all"}), ({"family": "movements"}, {"returns": "opening"}),
    ({"family": "movements", "returns": "opening"}, {"returns": "all"}), ({"family": "movements", "population": "all"}, {"returns": "all"}),
    ({"family": "movements", "segment_as_of": "close"}, {"segment_as_of": "open"}),
    ({"family": "chained"}, {"min_opening_mrr": 30 * UNIT}), ({"family": "revenue_window"}, {"min_opening_mrr": 30 * UNIT}),
    ({"family": "revenue_window", "average": "weighted", "average_months": 3}, {"average": "mean"}),
]  # fmt: skip


@pytest.mark.parametrize(("knobs", "turned"), TURNED)
def test_every_knob_shows_and_is_the_one_asked_for(knobs, turned):
    """The loops agree under the card itself; under the same card with one knob turned (the control) they must not."""
    card = nrr.Definition(window_months=6, **knobs)
    lever = ({"kind": "win_back", "change": 0.4}, Lever("win_back", 0.4))
    shape = {"horizon": 8, "months": 12}
    world = loops.World(BUSY, start=START, by=True, levers=[lever[0]], **shape)
    found = project(make(BUSY, dimensions=("plan",), last=START), Scenario(levers=(lever[1],), by="plan", **shape), card=card).months
    distance, count = worst(found, world, card)
    assert count >= 60
    assert distance < 1
    assert worst(found, world, replace(card, **turned))[0] > 1


def both(data, scenario, card):
    found = project(data, scenario, card=card)
    return found.months, found.period


def ends_cards(windows):
    """Cards of opening against closing."""
    return st.builds(
        nrr.Definition, window_months=st.sampled_from(windows), min_opening_mrr=st.sampled_from([0, 3_000_000]),
        segment_as_of=st.sampled_from(["open", "close"]),
    )  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(cases(), ends_cards([1]))
def test_movements_of_one_month_are_point_to_point(case, one):
    data, scenario, _ = case.asked(6)
    ends, moved = (project(data, scenario, card=card).months for card in (one, replace(one, family="movements")))
    assert ends["opening_mrr"].tolist() == moved["opening_mrr"].tolist()
    known = ends["opening_mrr"].astype(float) > 1
    for name in RATIOS:
        np.testing.assert_allclose(ends[name][known], moved[name][known], atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(cases(), ends_cards([1, 4, 8]))
def test_opening_accounts_with_their_returns_are_point_to_point_to_the_last_digit(case, card):
    """Also segment by segment; GRR counts losses that growth made up for, so it is never higher."""
    data, scenario, _ = case.asked(6)
    counted = replace(card, family="movements", returns="opening")
    for ends, moved in zip(both(data, scenario, card), both(data, scenario, counted), strict=True):
        for name in ("opening_mrr", "closing_mrr", "opening_accounts", "retained_accounts"):
            assert ends[name].tolist() == moved[name].tolist(), name
        pd.testing.assert_series_equal(ends["nrr"], moved["nrr"], check_exact=True)
        known = ends["opening_mrr"].astype(float) > 1
        assert (moved["grr"][known] <= ends["grr"][known] + 1e-3).all()
    counts, without = (project(data, scenario, card=replace(counted, returns=r)).months for r in ("opening", "separate"))
    came_back = moved_amount(counts, "reactivation_mrr") > 0
    assert (without["closing_mrr"][came_back] < counts["closing_mrr"][came_back]).all()  # the control: returns left out show


def moved_amount(frame, name):
    return frame[name].astype(float)


@settings(max_examples=40, deadline=None)
@given(cases(), cards(("movements", "point_to_point")))
def test_bridges_close_to_the_last_digit_and_no_movement_is_negative(case, card):
    data, scenario, _ = case.asked(6)
    frame = project(data, scenario, card=replace(card, average="none")).months
    rows = frame.to_dict("records")
    counted = "reactivation_mrr" in frame.columns
    for r in rows:
        came_back = r["reactivation_mrr"] if counted else Decimal(0)
        assert r["opening_mrr"] + r["expansion_mrr"] + came_back - r["contraction_mrr"] - r["churn_mrr"] == r["closing_mrr"]
    if card.family == "movements":
        assert (frame[["expansion_mrr", "contraction_mrr", "churn_mrr", "reactivation_mrr"]].astype(float) >= 0).all().all()
    total = frame[frame["segment"] == ALL].groupby(["path", "month"])["closing_mrr"].sum()
    parts = frame[frame["segment"] != ALL].groupby(["path", "month"])["closing_mrr"].sum()
    assert not len(parts) or total.tolist() == parts.tolist()


@settings(max_examples=40, deadline=None)
@given(cases(), cards())
def test_a_scenario_without_levers_is_the_baseline_to_the_last_digit(case, card):
    """Under every card, also beside levers that cut the accounts into other groups."""
    data, scenario, _ = case.asked(6)
    scenario = scenario.replaced(decisions=())
    for bare, beside in zip(both(data, scenario.replaced(levers=()), card), both(data, scenario, card), strict=True):
        expected = bare[bare["path"] == "baseline"].drop(columns="path").reset_index(drop=True)
        for frame, path in ((bare, "scenario"), (beside, "baseline")):
            got = frame[frame["path"] == path].drop(columns="path").reset_index(drop=True)
            pd.testing.assert_frame_equal(got, expected, check_exact=True)


HAND = [  # A pays 100, B leaves in the last month, C falls from 200 to 100: churn 100 ÷ 400, contraction 100 of the 300 that stay
    ("A", M - 3, None, 100 * UNIT, ("Pro",)), ("B", M - 3, M, 100 * UNIT, ("Pro",)), ("C", M - 3, M, 200 * UNIT, ("Basic",)),
    ("C", M, None, 100 * UNIT, ("Basic",)),
]  # fmt: skip


def first_month(**knobs):
    """The window that closes a month ahead; each month keeps (1 − 1/4) × (1 − 1/3) = 1/2 of 200."""
    data = make(HAND, dimensions=("plan",), last=M)
    frame = project(data, Scenario(horizon=1, months=1), card=nrr.Definition(**{"window_months": 2} | knobs)).months
    return frame[frame["path"] == "baseline"].iloc[0]


def test_movements_by_hand():
    """From 400: lost 100 + 100, then 50 churn and 50 contraction of 200."""
    row = first_month(family="movements")
    assert [float(row[name]) for name in ("opening_mrr", "churn_mrr", "contraction_mrr", "expansion_mrr", "closing_mrr")] == [
        400,
        150,
        150,
        0,
        100,
    ]
    assert (row["nrr"], row["grr"]) == (0.25, 0.25)


def test_a_chain_by_hand():
    """200 ÷ 400 in the last month, 100 ÷ 200 in the next; amounts of a chain there are none but its opening."""
    row = first_month(family="chained")
    assert (row["nrr"], float(row["opening_mrr"]), row["closing_mrr"] is pd.NA or pd.isna(row["closing_mrr"])) == (0.25, 400.0, True)
    assert row["logo_retention"] == pytest.approx(2 / 3 * 2 / 3)


def test_a_mean_by_hand():
    """Windows of one month: 1/2 has been, 1/2 is to come, and in the month before nothing changed: (1/2 + 1/2 + 1) ÷ 3."""
    assert first_month(family="averaged", average_months=3, window_months=1)["nrr"] == pytest.approx(2 / 3)


def test_a_revenue_window_by_hand():
    """The first half is 2025-01 and 2025-02 (800 billed), the second 2025-03 (200) and the month ahead (100)."""
    row = first_month(family="revenue_window")
    assert (float(row["opening_mrr"]), float(row["closing_mrr"]), row["nrr"]) == (800.0, 300.0, 0.375)
    assert np.isnan(row["grr"])
    assert row["logo_retention"] == pytest.approx(2 / 3)


def test_the_smallest_opening_by_hand():
    """From 150 on only C counted in 2025-02; of windows that open ahead nobody does, since nobody pays that now."""
    row = first_month(min_opening_mrr=150 * UNIT)
    assert (float(row["opening_mrr"]), float(row["closing_mrr"])) == (200.0, 50.0)
    data = make(HAND, dimensions=("plan",), last=M)
    found = project(data, Scenario(horizon=2, months=1), card=nrr.Definition(window_months=1, min_opening_mrr=150 * UNIT))
    assert found.months["nrr"].isna().all()
    assert [float(x) for x in found.effects["mrr"]] == [50.0, 50.0]  # MRR is that of all today's accounts, whatever the card counts


def test_who_came_back_counts_where_the_card_says_so():
    """X left in January and is back in March with 40: no opening account of the window from February, but its return is counted."""
    data = make([*HAND, ("X", M - 3, M - 1, 40 * UNIT, ("Pro",)), ("X", M, None, 40 * UNIT, ("Pro",))], dimensions=("plan",), last=M)
    for counted, extra in (("separate", 0.0), ("opening", 0.0), ("all", 20.0)):
        card = nrr.Definition(window_months=2, returns=counted)
        row = project(data, Scenario((Lever("win_back", -1.0),), horizon=1, months=1), card=card).months.query("path == 'scenario'").iloc[0]
        assert float(row["closing_mrr"]) == 100.0 + extra, counted


def test_a_card_that_looks_back_beyond_the_data_has_no_value():
    data = make(HAND, dimensions=("plan",), last=M)
    for family, first in (("averaged", 1), ("revenue_window", 1), ("chained", 0)):
        card = nrr.Definition(family=family, window_months=3, average_months=3)
        months = project(data, Scenario(horizon=3, months=1), card=card).months.query("path == 'baseline'")
        assert months["nrr"].isna().tolist() == [k < first for k in range(3)], family


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("average", ["none", "weighted"])
def test_a_window_longer_than_the_data_has_no_value_and_the_period_its_own(family, average):
    """Four months of data, windows of twelve, one month ahead."""
    card = nrr.Definition(family=family, average=average, average_months=6)
    found = project(make(HAND, dimensions=("plan",), last=M), Scenario(horizon=1, months=1, by="plan"), card=card)
    assert found.months["nrr"].isna().all()
    assert total_of(found.period) == pytest.approx(0.5)


def total_of(frame):
    return frame[(frame["path"] == "baseline") & (frame["segment"] == ALL)]["nrr"].item()


def test_a_renewal_rate_is_refused_and_says_why():
    data = make(HAND, dimensions=("plan",), last=M)
    with pytest.raises(DefinitionError, match=r"it is a renewal rate.*Definition\.as_nrr"):
        project(data, card=nrr.Definition(family="renewal_base"))


def test_a_fiscal_window_is_refused_as_before():
    with pytest.raises(DefinitionError, match="needs a window of a number of months"):
        project(make(HAND, dimensions=("plan",), last=M), card=nrr.Definition(window_months="quarter"))
