"""Projection: worked by hand, against a plain loop, and what holds whatever the data."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from foresee import forecast
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledgers import make
from oracle import month
from worlds import START, levers, lines

import nrr_core as nrr
from nrr_core import charts, explain
from nrr_core.errors import NrrError, ScenarioError
from nrr_core.scenarios import Decision, Lever, Scenario, project
from nrr_core.scenarios.book import open_book
from nrr_core.schema import ALL, RETENTION_COLUMNS, UNIT

M = month("2025-03")
HAND = [  # A pays 100, B leaves in the last month, C falls from 200 to 100: churn 100 ÷ 400, contraction 100 of the 300 that stay
    ("A", M - 2, None, 100 * UNIT, ("Pro",)),
    ("B", M - 2, M, 100 * UNIT, ("Pro",)),
    ("C", M - 2, M, 200 * UNIT, ("Basic",)),
    ("C", M, None, 100 * UNIT, ("Basic",)),
]
ONE = nrr.Definition(window_months=1)


def hand(**more):
    return make(HAND, dimensions=("plan",), last=M, **more)


def total(frame, path="scenario"):
    return frame[(frame["path"] == path) & (frame["segment"] == ALL)].reset_index(drop=True)


def test_by_hand():
    """Each month keeps (1 − 1/4) × (1 − 1/3) = 1/2 of 200."""
    found = total(project(hand(), Scenario(horizon=2, months=1), card=ONE).months)
    assert found["month"].tolist() == ["2025-04", "2025-05"]
    assert found["mrr"].tolist() == [Decimal("100.0000"), Decimal("50.0000")]
    assert found["nrr"].tolist() == [0.5, 0.5]
    assert found["grr"].tolist() == [0.5, 0.5]
    assert found["logo_retention"].tolist() == pytest.approx([2 / 3, 2 / 3])  # one of three left
    assert found["churn_mrr"].tolist() == [Decimal("50.0000"), Decimal("25.0000")]
    assert found["contraction_mrr"].tolist() == [Decimal("50.0000"), Decimal("25.0000")]


def test_half_the_churn_by_hand():
    """(1 − 1/8) × (2/3) of 200 = 116.6667; the lever's effect is 16.6667."""
    found = project(hand(), Scenario(levers=(Lever("churn", -0.5),), horizon=1, months=1), card=ONE)
    assert found.effects["step"].tolist() == ["Baseline", "Churn −50%", "Scenario"]
    assert found.effects["mrr"].tolist() == [Decimal("100.0000"), Decimal("16.6667"), Decimal("116.6667")]
    assert found.effects["nrr"].tolist() == pytest.approx([0.5, 1 / 12, 7 / 12], abs=1e-6)


def test_a_price_rise_with_a_loss_by_hand():
    """10 % more from the 95 % that accept it: 100 × 0.95 × 1.1 = 104.5; GRR sees the loss alone: 95 ÷ 200."""
    found = total(project(hand(), Scenario(levers=(Lever("price", 0.1, loss=0.05),), horizon=1, months=1), card=ONE).months)
    assert found["mrr"].tolist() == [Decimal("104.5000")]
    assert found["grr"].tolist() == [0.475]


def test_segments_have_rates_of_their_own():
    """Pro lost 100 of 200; Basic lost 100 of 200 by shrinking."""
    found = project(hand(), Scenario(horizon=1, months=1, by="plan"), card=ONE).months
    rows = found[found["path"] == "baseline"].set_index("segment")
    assert rows.loc["Pro", ["churn_mrr", "contraction_mrr"]].tolist() == [Decimal("50.0000"), Decimal("0.0000")]
    assert rows.loc["Basic", ["churn_mrr", "contraction_mrr"]].tolist() == [Decimal("0.0000"), Decimal("50.0000")]
    assert rows.loc[ALL, "closing_mrr"] == Decimal("100.0000")


def test_windows_before_the_start_join_history_and_forecast():
    """Three months from 2025-02: 400 paid then, 200 of it are left at the start, 100 a month later."""
    found = total(project(hand(), Scenario(horizon=1, months=1), card=nrr.Definition(window_months=2)).months)
    assert (found["open"].item(), found["opening_mrr"].item(), found["nrr"].item()) == ("2025-02", Decimal("400.0000"), 0.25)


def test_a_window_that_opens_before_the_data_has_no_value():
    found = total(project(hand(), Scenario(horizon=12, months=1)).months)
    assert found["nrr"].isna().tolist() == [True] * 9 + [False] * 3


@settings(max_examples=60, deadline=None)
@given(lines(), levers(), st.sampled_from([1, 5, 12]), st.sampled_from([1, 3, 6]), st.booleans())
def test_agrees_with_a_plain_loop(ledger, chosen, window, months, by):
    plain, made = chosen
    data = make(ledger, dimensions=("plan",), last=START)
    made = tuple(one for one in made if not one.where or one.where[0][1][0] in data.axis("plan").segments)
    plain = [one for one in plain if "only" not in one or one["only"] in data.axis("plan").segments]
    scenario = Scenario(levers=made, horizon=8, months=months, by="plan" if by else None)
    found = total(project(data, scenario, card=nrr.Definition(window_months=window)).months)
    expected = forecast(ledger, start=START, horizon=8, window=window, months=months, by=by, levers=plain)
    for row, want in zip(found.to_dict("records"), expected, strict=True):
        assert float(row["mrr"]) * UNIT == pytest.approx(float(want["mrr"]), rel=1e-9, abs=2)
        if not want["known"]:
            assert np.isnan(row["nrr"])
            continue
        assert float(row["opening_mrr"]) * UNIT == pytest.approx(float(want["opening"]), rel=1e-9, abs=2)
        assert float(row["closing_mrr"]) * UNIT == pytest.approx(float(want.get("closing", 0)), rel=1e-9, abs=4)
        assert row["retained_accounts"] == pytest.approx(float(want.get("retained", 0)), abs=1e-4)
        kept = row["closing_mrr"] - row["expansion_mrr"]
        assert float(kept) * UNIT == pytest.approx(float(want.get("kept", 0)), rel=1e-9, abs=4)
        assert float(row["churn_mrr"]) * UNIT == pytest.approx(float(want["opening"] - want.get("paired", 0)), rel=1e-9, abs=4)


@settings(max_examples=60, deadline=None)
@given(lines(), levers(), st.booleans())
def test_a_scenario_without_levers_is_the_baseline_to_the_last_digit(ledger, chosen, by):
    """Also beside levers that cut the accounts into other groups: sums are exact, so grouping changes nothing."""
    data = make(ledger, dimensions=("plan",), last=START)
    made = tuple(one for one in chosen[1] if not one.where or one.where[0][1][0] in data.axis("plan").segments)
    shape = {"horizon": 9, "months": 6, "by": "plan" if by else None}
    bare = project(data, Scenario(**shape)).months
    beside = project(data, Scenario(levers=made, **shape)).months
    expected = bare[bare["path"] == "baseline"].drop(columns="path").reset_index(drop=True)
    for frame, path in ((bare, "scenario"), (beside, "baseline")):
        got = frame[frame["path"] == path].drop(columns="path").reset_index(drop=True)
        pd.testing.assert_frame_equal(got, expected, check_exact=True)


MIXED = [
    *HAND, ("D", M - 2, None, 70 * UNIT, ("Team",)), ("E", M - 2, M, 30 * UNIT, ("Team",)), ("E", M, None, 45 * UNIT, ("Team",)),
    ("F", M - 2, M - 1, 55 * UNIT, ("Basic",)), ("F", M, None, 55 * UNIT, ("Basic",)),
]  # fmt: skip


@pytest.fixture(scope="module", name="mixed")
def _mixed():
    return make(MIXED, dimensions=("plan",), last=M)


@settings(max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(levers(), st.integers(0, 10), st.sampled_from(["lose", "renew", "grow", "shrink", None]), st.booleans())
def test_effects_and_interaction_add_up_to_the_last_digit(mixed, chosen, tenths, action, by):
    to = 150 * UNIT if action in {"grow", "shrink"} else None
    decisions = (Decision("A", action, to=to, probability=tenths / 10),) if action else ()
    scenario = Scenario(levers=chosen[1], decisions=decisions, horizon=7, months=3, by="plan" if by else None)
    effects = project(mixed, scenario, card=ONE).effects
    mrr, parts = effects["mrr"].tolist(), effects[effects["kind"] != "total"]
    assert sum(mrr[:-1], Decimal(0)) == mrr[-1]
    assert len(parts) == len(chosen[1]) + len(decisions) + (len(chosen[1]) + len(decisions) > 1)
    assert effects["nrr"].iloc[0] + parts["nrr"].sum() == pytest.approx(effects["nrr"].iloc[-1], abs=1e-12)


def test_levers_on_different_accounts_do_not_interact():
    """What the sum of effects leaves over is real: none where levers never meet, some where they do."""
    apart = [Lever("churn", -0.5, where=(("plan", ("Pro",)),)), Lever("contraction", -0.5, where=(("plan", ("Basic",)),))]
    together = [Lever("churn", -0.5), Lever("contraction", -0.5)]
    left = {}
    for name, pair in (("apart", apart), ("together", together)):
        effects = project(hand(), Scenario(levers=tuple(pair), horizon=3, months=1), card=ONE).effects.set_index("step")
        left[name] = effects.loc["Interaction", "mrr"]
    assert abs(left["apart"]) <= Decimal("0.0002")  # three sums, each rounded once
    assert left["together"] > 1


@settings(max_examples=40, deadline=None)
@given(lines(), levers(), st.sampled_from([1, 4, 12]))
def test_bridges_close_and_grr_stays_under_nrr_and_100_per_cent(ledger, chosen, window):
    data = make(ledger, dimensions=("plan",), last=START)
    made = tuple(one for one in chosen[1] if not one.where or one.where[0][1][0] in data.axis("plan").segments)
    frame = project(data, Scenario(levers=made, horizon=6, by="plan"), card=nrr.Definition(window_months=window)).months
    rows = frame.to_dict("records")
    assert all(r["opening_mrr"] + r["expansion_mrr"] - r["contraction_mrr"] - r["churn_mrr"] == r["closing_mrr"] for r in rows)
    assert (frame[["expansion_mrr", "contraction_mrr", "churn_mrr"]].astype(float) >= -0.0002).all().all()
    known = frame[frame["nrr"].notna() & (frame["opening_mrr"].astype(float) > 0)]
    assert (known["grr"] <= np.minimum(known["nrr"], 1.0) + 1e-9).all()
    parts = defaultdict(Decimal)
    for row in rows:
        parts[row["path"], row["month"]] += row["closing_mrr"] if row["segment"] != ALL else -row["closing_mrr"]
    assert set(parts.values()) == {0}


@settings(max_examples=30, deadline=None)
@given(lines(), st.integers(2, 9))
def test_scale_changes_no_ratio(ledger, times):
    scenario = Scenario(levers=(Lever("churn", -0.3),), horizon=5, months=6)
    small = total(project(make(ledger, dimensions=("plan",), last=START), scenario).months)
    scaled = [(a, f, t, amount * times, d) for a, f, t, amount, d in ledger]
    large = total(project(make(scaled, dimensions=("plan",), last=START), scenario).months)
    np.testing.assert_allclose(small["nrr"], large["nrr"], atol=3e-6)


def test_ramp_and_start_by_hand():
    """A price rise of 9 % in three steps of 3 % from the second month on."""
    flat = make([("A", M - 3, None, 100 * UNIT, ("Pro",))], dimensions=("plan",), last=M)
    lever = Lever("price", 0.09, start="2025-05", ramp=3)
    found = total(project(flat, Scenario(levers=(lever,), horizon=5, months=1), card=ONE).months)
    assert [float(x) for x in found["mrr"]] == pytest.approx([100, 103, 106.09, 109.2727, 109.2727])


def test_win_back_by_hand():
    """Half of what leaves returns two months later: 200 → 100 a month; the 50 lost to churn in month 1 bring 25 in month 3."""
    found = project(hand(), Scenario(levers=(Lever("win_back", 0.5, delay=2),), horizon=3, months=1), card=ONE)
    assert [float(x) for x in total(found.months)["mrr"]] == [100.0, 50.0, 50.0]
    assert [float(x) for x in total(found.months, "baseline")["mrr"]] == [100.0, 50.0, 25.0]


def test_a_filter_keeps_its_accounts_alone():
    found = total(project(hand(), Scenario(horizon=1, months=1), where={"plan": ["Pro"]}, card=ONE).months)
    assert (found["opening_mrr"].item(), found["closing_mrr"].item()) == (Decimal("100.0000"), Decimal("50.0000"))


def test_an_open_book_answers_the_same():
    data, scenario = hand(), Scenario(levers=(Lever("churn", -0.2),), horizon=4, months=1)
    book = open_book(data, scenario, card=ONE)
    moved = replace(scenario, levers=(Lever("churn", -0.7),), decisions=(Decision("A", "lose"),))
    pd.testing.assert_frame_equal(project(book, moved).months, project(data, moved, card=ONE).months, check_exact=True)


def test_an_open_book_that_does_not_fit_is_opened_anew():
    data = hand()
    book = open_book(data, Scenario(horizon=4, months=1), card=ONE)
    other = Scenario(levers=(Lever("churn", -0.2, where=(("plan", ("Pro",)),)),), horizon=6, months=1, by="plan")
    pd.testing.assert_frame_equal(project(book, other).months, project(data, other, card=ONE).months, check_exact=True)


def test_nobody_paying_is_a_sentence():
    gone = make([("A", M - 4, M - 2, 100 * UNIT, ("Pro",))], dimensions=("plan",), last=M)
    with pytest.raises(ScenarioError, match="Nobody paid before 2025-03"):
        project(gone, Scenario(months=1))


def test_everybody_gone_at_the_start_is_no_value():
    gone = make([("A", M - 4, M, 100 * UNIT, ("Pro",))], dimensions=("plan",), last=M)
    found = project(gone, Scenario(months=1, horizon=2))
    assert total(found.period)["nrr"].isna().all()
    assert total(found.months)["mrr"].tolist() == [0, 0]


def test_one_account_works():
    found = project(make([("A", M - 4, None, 100 * UNIT, ())], last=M), Scenario(horizon=3))
    assert total(found.period)["nrr"].item() == 1.0


def test_a_month_that_is_not_over_is_left_out():
    now = nrr.periods.current_month()
    data = make([("A", now - 3, None, 100 * UNIT, ())], last=now)
    assert project(data, Scenario(horizon=1)).start == nrr.periods.month_text(now - 1)


def test_no_full_month_is_a_sentence():
    now = nrr.periods.current_month()
    with pytest.raises(ScenarioError, match="is not over"):
        project(make([("A", now, None, 100 * UNIT, ())], last=now), Scenario())


def test_unknown_places_are_named():
    with pytest.raises(NrrError, match="has no segment"):
        project(hand(), Scenario(levers=(Lever("churn", -0.1, where=(("plan", ("Proo",)),)),)))
    with pytest.raises(NrrError, match="no dimension"):
        project(hand(), Scenario(by="plann"))


def test_a_lever_after_the_horizon_is_noted():
    found = project(hand(), Scenario(levers=(Lever("churn", -0.5, start="2026-01"),), horizon=2, months=1))
    assert any("begins in 2026-01, after the horizon ends (2025-05)" in note for note in found.notes)
    assert found.effects["mrr"].iloc[1] == 0


def test_what_is_drawn_of_retention_is_drawn_of_a_scenario():
    found = project(hand(), Scenario(horizon=3, months=1, by="plan"), card=ONE)
    months, period = (frame[frame["path"] == "scenario"] for frame in (found.months, found.period))
    assert explain.trend_points(months)["value"].notna().all()
    assert explain.segment_bars(period, measure="nrr")["value"].tolist() == [0.125, 0.125, 0.125]
    assert charts.trend(explain.trend_points(months)).alt.startswith("Retention by month, 3 months.")
    assert set(RETENTION_COLUMNS) <= set(months.columns)


def test_rates_that_explode_are_exact_or_refused():
    """A grows sixfold in the last month: after nine months 6⁹ times its 60, after thirty-six more than can be added up."""
    data = make([("A", M - 3, M, 10 * UNIT, ()), ("A", M, None, 60 * UNIT, ())], last=M)
    found = total(project(data, Scenario(horizon=9, months=1), card=ONE).months)
    assert found["mrr"].iloc[-1] == 60 * 6**9
    with pytest.raises(ScenarioError, match="too large to add up"):
        project(data, Scenario(horizon=36, months=1), card=ONE)
