"""Sentences: each figure in them is computed, and each edge has its own words."""

import pytest
from ledgers import make
from oracle import month

import nrr_core as nrr
from nrr_core import explain
from nrr_core.explain.findings import points_text

JAN = month("2024-01")


def stay(account, amount, after):
    return [(account, JAN, JAN + 1, amount * 10_000, ()), (account, JAN + 1, None, after * 10_000, ())]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (stay("a", 100, 40) + stay("b", 50, 70), "Contraction took $60; expansion won back $20"),
        (stay("a", 100, 90) + stay("b", 50, 70), "Contraction took $10; expansion more than made up for it with $20"),
        (stay("a", 100, 120), "Expansion added $20; nothing was lost"),
        ([("a", JAN, JAN + 1, 500_000, ()), *stay("b", 5, 5)], "Churn took $50; nothing was won back by expansion"),
        (stay("a", 100, 100), "No opening account changed what it pays"),
        ([("a", JAN, JAN, 10_000, ()), ("b", JAN + 1, None, 70_000, ())], "Nothing was paid at the open; $7 arrived by the close"),
    ],
)
def test_the_waterfall_headline_states_the_biggest_loss_and_the_gain(lines, sentence):
    data = make(lines, last=JAN + 1)
    frame = nrr.movements(data, window=1, close="2024-02")
    assert explain.waterfall_finding(frame, currency="$") == sentence


def test_amounts_in_arr_are_twelve_times_mrr():
    frame = nrr.movements(make(stay("a", 100, 120), last=JAN + 1), close="2024-02")
    assert explain.waterfall_finding(frame, currency="€", factor=12) == "Expansion added €240; nothing was lost"


@pytest.mark.parametrize(("difference", "text"), [(0.013, "+1.3 pt"), (-0.0041, "−0.4 pt"), (0.00001, "0.0 pt"), (-0.00001, "0.0 pt")])
def test_points_have_a_sign_and_no_negative_zero(difference, text):
    assert points_text(difference) == text


def overview(lines, months=2):
    data = make(lines, dimensions=("plan",), last=JAN + months)
    now, before = (
        nrr.movements(data, window=1, close=c).assign(
            **{n: nrr.retention(data, window=1, close=c)[n] for n in ("nrr", "grr", "logo_retention")}
        )
        for c in ("2024-03", "2024-02")
    )
    segments = {"plan": nrr.retention(data, window=1, close="2024-03", by="plan")}
    return explain.overview_findings(now, before, segments, currency="$")


def test_the_overview_compares_with_the_window_before_and_names_the_widest_gap():
    lines = [(f"s{i}", JAN, JAN + 2, 10_000, ("small",)) for i in range(10)]
    lines += [(f"s{i}", JAN + 2, None, 5_000, ("small",)) for i in range(10)]
    lines += [(f"b{i}", JAN, None, 30_000, ("big",)) for i in range(10)]
    found = overview(lines)
    assert found[0].text.startswith("NRR is 87.5% from Feb 2024 to Mar 2024, down 12.5 pt on the window before")
    assert found[0].tone == "bad"
    assert found[-1].text == "The widest gap is by plan: big keeps 100.0%, small 50.0% on 25% of opening."


@pytest.mark.parametrize(("family", "says"), [("point_to_point", False), ("chained", True)])
def test_amounts_that_do_not_make_the_nrr_say_what_they_are(family, says):
    data = make(
        [("a", JAN, None, 100, ()), ("b", JAN, JAN + 1, 50, ()), ("b", JAN + 1, None, 80, ()), ("c", JAN + 1, JAN + 2, 90, ())],
        last=JAN + 2,
    )
    card = nrr.Definition(family=family)
    ratios = nrr.retention(data, window=2, close="2024-03", card=card)
    now = nrr.movements(data, window=2, close="2024-03", card=card)
    found = explain.overview_findings(now.assign(**{n: ratios[n] for n in ("nrr", "grr", "logo_retention")}), None, {}, currency="$")
    assert found[1].text.startswith("Between the two ends of the window, expansion added" if says else "Expansion added")
    assert ("was lost before any expansion" in found[2].text) is not says


def test_small_segments_are_no_headline():
    lines = [("a", JAN, JAN + 2, 10_000, ("tiny",)), *((f"b{i}", JAN, None, 30_000, ("big",)) for i in range(10))]
    assert not [f for f in overview(lines) if "widest gap" in f.text]


def test_nobody_paying_at_the_open_is_said():
    assert overview([("a", JAN + 2, None, 10_000, ("x",)), ("z", JAN, JAN + 1, 10_000, ("x",))])[0].text.startswith("Nobody was paying")


def test_segment_headline_names_lowest_and_highest():
    lines = [(f"a{i}", JAN, JAN + 1, 10_000, ("x",)) for i in range(10)] + [(f"b{i}", JAN, None, 10_000, ("y",)) for i in range(10)]
    frame = nrr.retention(make(lines, dimensions=("p",), last=JAN + 1), window=1, by="p", close="2024-02")
    assert explain.segment_finding(frame, dimension="p") == "x has the lowest NRR at 0.0%, y the highest at 100.0%"
    few = nrr.retention(make(lines[:3], dimensions=("p",), last=JAN + 1), window=1, by="p", close="2024-02")
    assert "read these rates with care" in explain.segment_finding(few, dimension="p")


def test_cohort_headline_compares_newer_with_older_cohorts():
    lines = [(f"o{i}", JAN + i, None, 10_000, ()) for i in range(3)] + [(f"n{i}", JAN + 3 + i, JAN + 4 + i, 10_000, ()) for i in range(3)]
    frame = nrr.cohorts(make(lines, last=JAN + 8))
    text = explain.cohort_finding(frame, measure="nrr", cadence="month")
    assert text.startswith("Newer cohorts keep less: NRR 50.0% after 5 months, 100.0%")
    one = nrr.cohorts(make(lines[:1], last=JAN + 8))
    assert "too few" in explain.cohort_finding(one, measure="nrr", cadence="month")


def test_account_headline_counts_states():
    frame = nrr.accounts(make(stay("a", 1, 2) + stay("b", 1, 1), last=JAN + 1), window=1, close="2024-02")
    assert explain.accounts_finding(frame) == "2 accounts: 1 grew, 1 stayed as they were"
