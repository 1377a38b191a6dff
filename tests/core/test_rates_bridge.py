"""The step “Exchange rates” of a bridge: the reported total at the close less the one at the rates of the opening."""

from dataclasses import replace

import fine
import oracle
import pandas as pd
import pytest
from fine import Line
from hypothesis import given
from hypothesis import strategies as st

import nrr_core as nrr
from nrr_core import charts, explain
from nrr_core.definition import STANDARD, Definition
from nrr_core.explain.shapes import STATES_BEHIND, STEPS
from nrr_core.ledgers import reported, under
from nrr_core.schema import MOVEMENT_COLUMNS

START = oracle.month("2023-01")
LAST = START + 14
USD = 10_000
RATES = {
    "USD": [(0, 10**8)],
    "EUR": [(0, 110_000_000), (START + 4, 120_000_001), (START + 9, 95_500_000)],
    "JPY": [(0, 690_000), (START + 7, 712_345)],
}
random_lines = st.lists(
    st.builds(
        Line,
        account=st.sampled_from("abcde"),
        f=st.integers(START, LAST),
        t=st.integers(1, 6),
        amount=st.sampled_from([10_000, 5_000, 2_500, -2_500, 33_333, 1]),
        plan=st.sampled_from(["x", "y", ""]),
        parent=st.sampled_from(["", "p", "q"]),
        item=st.sampled_from(["", "s1"]),
        kind=st.sampled_from([0, 0, 1]),
        currency=st.sampled_from(["USD", "EUR", "JPY"]),
    ),
    min_size=1,
    max_size=25,
)
cards = st.builds(
    Definition,
    gap_months=st.integers(0, 2),
    grain=st.sampled_from(["account", "parent", "subscription"]),
    segment_as_of=st.sampled_from(["open", "close", "latest"]),
    min_opening_mrr=st.sampled_from([0, 0, 6_000]),
)
FLOWS = {"opening": 1, "new": 1, "reactivation": 1, "expansion": 1, "contraction": -1, "churn": -1, "fx": 1}


def made(raw, **more):
    return fine.make([replace(one, t=None if one.t > 5 else one.f + one.t) for one in raw], last=LAST, **more)


def whole(frame, name):
    return [int(value.scaleb(4)) for value in frame[f"{name}_mrr"]]


def closes(frame, flows):
    """Whether the steps of every row add to its closing, to the last digit."""
    sums = [sum(row) for row in zip(*([sign * amount for amount in whole(frame, name)] for name, sign in flows.items()), strict=True)]
    return sums == whole(frame, "closing")


def follows(frame):
    """Whether every segment opens where it closed the month before, with what moved between segments."""
    known = {(row["open"], row["segment"]): row["opening_mrr"] for row in frame.to_dict("records")}
    rows = [row for row in frame.to_dict("records") if row["segment"] != "(all)" and (row["close"], row["segment"]) in known]
    return all(row["closing_mrr"] + row["transfer_in_mrr"] - row["transfer_out_mrr"] == known[row["close"], row["segment"]] for row in rows)


@given(random_lines, cards, st.sampled_from([1, 3, 12]), st.sampled_from([None, "plan"]))
def test_the_steps_with_rates_add_to_the_reported_total_at_the_close(raw, card, window, by):
    data = made(raw, rates=RATES)
    frame = nrr.movements(data, window=window, by=by, card=card)
    own = under(data, replace(card, fx="reported"))
    total = nrr.movements(own, window=window, by=by, card=card)
    assert closes(frame, FLOWS)
    assert whole(frame, "closing") == whole(total, "closing"), "what is paid at the rates of the close"
    if frame.empty:
        return
    last = frame[frame["close"] == frame["close"].iloc[-1]]
    constant = under(data, card, opening=oracle.month(last["open"].iloc[0]))
    alone = nrr.movements(constant, window=window, by=by, card=card, close=last["close"].iloc[0])
    assert whole(last, "fx") == [end - own for end, own in zip(whole(last, "closing"), whole(alone, "closing"), strict=True)]


def moving():
    """Two accounts at 100 a month, one of them in euros, whose rate goes from 1 to 1.2 to 0.9; the euros change plan."""
    rates = {"USD": [(0, 10**8)], "EUR": [(0, 10**8), (START + 1, 120_000_000), (START + 2, 90_000_000)]}
    lines = [Line("us", START, None, 100 * USD, plan="x"), Line("eu", START, START + 1, 100 * USD, plan="x", currency="EUR")]
    return fine.make([*lines, Line("eu", START + 1, None, 100 * USD, plan="y", currency="EUR")], last=START + 2, rates=rates)


def test_without_the_step_the_same_sum_does_not_close():
    frame = nrr.movements(moving(), window=1)
    assert closes(frame, FLOWS)
    assert not closes(frame, {name: sign for name, sign in FLOWS.items() if name != "fx"}), "the control"
    assert whole(frame, "fx") == [0, 20 * USD, -30 * USD]
    assert whole(frame, "closing") == [200 * USD, 220 * USD, 190 * USD]


@given(random_lines)
def test_segments_open_where_they_closed(raw):
    assert follows(nrr.movements(made(raw, rates=RATES), window=1, by="plan"))


def test_at_the_rates_of_the_opening_alone_segments_would_not():
    data = moving()
    frame = nrr.movements(data, window=1, by="plan")
    assert follows(frame)
    assert not follows(frame.assign(closing_mrr=frame["closing_mrr"] - frame["fx_mrr"])), "the control"
    whole_rows = frame[frame["segment"] == "(all)"].set_index("close")
    by_segment = frame[frame["segment"] != "(all)"].groupby("close")
    for name in ("fx_mrr", "closing_mrr"):
        assert by_segment[name].sum().to_dict() == whole_rows[name].to_dict()


@given(random_lines, cards)
def test_nothing_changes_where_nothing_is_converted(raw, card):
    frame = nrr.movements(made(raw), window=1, by="plan", card=card)
    assert [name for name in frame.columns if name != "segment_2"] == list(MOVEMENT_COLUMNS)
    told = nrr.movements(made(raw, rates=RATES), window=1, by="plan", card=replace(card, fx="reported"))
    assert list(told.columns) == list(MOVEMENT_COLUMNS), "each month at its own rates leaves no remainder"


def test_a_ledger_that_is_asked_again_has_no_remainder():
    data = moving()
    assert reported(data, STANDARD) is not None
    assert reported(under(data, STANDARD, opening=START), STANDARD) is None
    assert reported(data, Definition(fx="reported")) is None


def test_where_no_window_fits_the_table_is_empty_and_has_the_same_columns():
    lines = [Line("a", START, START + 1, USD, plan="x", currency="EUR"), Line("a", START, START + 1, USD, plan="y", kind=1)]
    data = fine.make(lines, last=START + 2, rates=RATES)
    empty = nrr.movements(data, window="year", by="plan")
    assert empty.empty
    assert list(empty.columns) == list(nrr.movements(data, window=1, by="plan").columns)


def test_the_waterfall_has_a_bar_for_rates_that_goes_up_or_down():
    data = moving()
    for close, kind, amount, text in (("2023-02", "gain", 20.0, "+$20"), ("2023-03", "loss", 30.0, "\u2212$30")):
        bridge = nrr.movements(data, window=1, close=close)
        steps = explain.bridge_steps(bridge)
        assert steps["step"].tolist() == [*STEPS[:-1], "fx", "closing"]
        drawn = charts.waterfall(steps, currency="$").datasets["steps"].set_index("step")
        bar = drawn.loc["fx"]
        assert (bar["label"], bar["kind"], bar["amount"], bar["amount_text"]) == ("Exchange rates", kind, amount, text)
        assert bar["end"] == pytest.approx(drawn.loc["closing", "end"]), "the last step leads to the closing bar"
        assert bar["f1"] - bar["f0"] == pytest.approx(abs(drawn.loc["new", "end"] - drawn.loc["closing", "end"]))
        assert "Exchange rates: " in charts.waterfall(steps, currency="$").alt


def test_arr_and_signs_of_the_bar_follow_the_movements():
    bridge = nrr.movements(moving(), window=1, close="2023-03")
    row = explain.bridge_steps(bridge, factor=12).set_index("step").loc["fx"]
    assert (row["amount"], row["accounts"], row["share"]) == (-360.0, 2, pytest.approx(-30 / 220))
    assert set(STATES_BEHIND) == {*STEPS, "fx"}
    listed = nrr.accounts(moving(), window=1, close="2023-03", state=STATES_BEHIND["fx"])
    assert len(listed) == row["accounts"]


def test_without_rates_the_waterfall_is_the_one_it_was():
    plain = fine.make([Line("a", START, None, 100 * USD)], last=START + 1)
    steps = explain.bridge_steps(nrr.movements(plain, window=1, close="2023-02"))
    assert steps["step"].tolist() == list(STEPS)
    assert explain.rates_note(nrr.movements(plain, window=1)) == ""
    assert "fx" not in pd.DataFrame(charts.waterfall(steps).datasets["steps"])["step"].tolist()


def test_the_note_says_at_which_rates_the_steps_are():
    said = explain.rates_note(nrr.movements(moving(), window=1, close="2023-03"))
    assert "at the exchange rates of Feb 2023" in said
    assert "by Mar 2023" in said
