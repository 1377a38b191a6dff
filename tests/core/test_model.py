"""The model against a plain loop, on random ledgers: every window, cohort and account."""

import random

import numpy as np
import oracle
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import make

import nrr_core as nrr

START = oracle.month("2023-01")
MONTHS = 14
BY_DIM = ("plan", "owner")

line = st.tuples(
    st.sampled_from(["a", "b", "c", "d", "e", "f"]),
    st.integers(0, MONTHS - 1),
    st.one_of(st.none(), st.integers(0, MONTHS + 2)),
    st.sampled_from([10_000, 5_000, 2_500, -2_500, 0, 33_333, 1]),
    st.tuples(st.sampled_from(["x", "y", None]), st.sampled_from(["o1", "o2"])),
)
ledgers = st.lists(line, min_size=1, max_size=25)


def spans(raw):
    return [(a, START + f, None if n is None else START + f + n, amount, d) for a, f, n, amount, d in raw]


def plain(attributes):
    return tuple("(none)" if v is None else v for v in attributes)


def amounts(frame, name):
    return [int(v.scaleb(4)) for v in frame[name]]


def check_window(frame, at, names):
    for row in frame.to_dict("records"):
        segment = None if row["segment"] == "(all)" else row["segment"]
        got_at = {a: {m: (mrr, plain(d)[0]) for m, (mrr, d) in months.items()} for a, months in at.items()}
        want = oracle.window(got_at, oracle.month(row["open"]), oracle.month(row["close"]), segment)
        for name in names:
            got = row[f"{name}_mrr"] if f"{name}_mrr" in row and not name.endswith("accounts") else row[name]
            got = int(got.scaleb(4)) if not name.endswith("accounts") else got
            assert got == want[name], (name, row["segment"], row["close"])
        if want["opening"]:
            assert row.get("nrr", 0) == pytest.approx(want["closing"] / want["opening"]) or "nrr" not in row
            assert "grr" not in row or row["grr"] == pytest.approx(want["kept"] / want["opening"])
        else:
            assert "nrr" not in row or np.isnan(row["nrr"])


@given(ledgers, st.sampled_from([1, 2, 3, 12]))
def test_retention_and_movements_equal_the_plain_loop(raw, window):
    lines = spans(raw)
    last = START + MONTHS
    at = oracle.positions(lines, last)
    data = make(lines, dimensions=BY_DIM, last=last)
    names = ("opening", "expansion", "contraction", "churn", "closing", "opening_accounts", "retained_accounts")
    check_window(nrr.retention(data, window=window, by="plan"), at, names)
    bridge = nrr.movements(data, window=window, by="plan")
    names = (
        "opening", "new", "reactivation", "expansion", "contraction", "churn", "opening_accounts", "new_accounts",
        "reactivation_accounts", "expansion_accounts", "contraction_accounts", "churn_accounts",
    )  # fmt: skip
    check_window(bridge, at, names)


@given(ledgers, st.sampled_from([1, 3, 5]))
def test_every_bridge_closes_and_chains_through_transfers(raw, window):
    data = make(spans(raw), dimensions=BY_DIM, last=START + MONTHS)
    bridge = nrr.movements(data, window=window, by="plan")
    money = {n: pd.Series(amounts(bridge, n)) for n in bridge.columns if n.endswith("_mrr")}
    gains = money["opening_mrr"] + money["new_mrr"] + money["reactivation_mrr"] + money["expansion_mrr"]
    assert (gains - money["contraction_mrr"] - money["churn_mrr"] == money["closing_mrr"]).all()
    opening = {(r.segment, r.open): int(r.opening_mrr.scaleb(4)) for r in bridge.itertuples()}
    for r in bridge.itertuples():
        if (r.segment, r.close) in opening:
            led_to = r.closing_mrr + r.transfer_in_mrr - r.transfer_out_mrr
            assert int(led_to.scaleb(4)) == opening[r.segment, r.close]


@given(ledgers)
def test_segments_add_up_to_the_total_and_nrr_is_their_weighted_mean(raw):
    data = make(spans(raw), dimensions=BY_DIM, last=START + MONTHS)
    frame = nrr.retention(data, window=3, by=["plan", "owner"])
    for _, at_close in frame.groupby("close"):
        total, parts = at_close[at_close.segment == "(all)"].iloc[0], at_close[at_close.segment != "(all)"]
        for name in ("opening_mrr", "expansion_mrr", "contraction_mrr", "churn_mrr", "closing_mrr"):
            assert sum(amounts(parts, name)) == int(total[name].scaleb(4))
        if total.opening_mrr:
            weighted = sum(float(r.opening_mrr / total.opening_mrr) * r.nrr for r in parts.itertuples() if r.opening_mrr)
            assert weighted == pytest.approx(total.nrr)


@given(ledgers, st.sampled_from([1, 4, 12]))
def test_grr_lies_between_zero_and_the_smaller_of_one_and_nrr(raw, window):
    frame = nrr.retention(make(spans(raw), last=START + MONTHS), window=window)
    known = frame[frame.nrr.notna()]
    assert ((known.grr >= 0) & (known.grr <= 1) & (known.grr <= known.nrr + 1e-12)).all()


@given(ledgers, st.randoms(use_true_random=False))
def test_order_of_lines_and_names_of_accounts_change_nothing(raw, chance):
    lines = [(*rest[:4], ("same", "same")) for rest in spans(raw)]
    renamed = [(f"z{ord(a) * 7 % 13}{a}", f, t, m, d) for a, f, t, m, d in lines]
    chance.shuffle(renamed)
    first, second = (nrr.movements(make(x, last=START + MONTHS), window=2) for x in (lines, renamed))
    pd.testing.assert_frame_equal(first, second)


@given(ledgers)
def test_a_subscription_split_in_two_changes_nothing(raw):
    lines = spans(raw)
    split = [part for a, f, t, m, d in lines for part in ((a, f, t, m - 1, d), (a, f, t, 1, d))]
    first, second = (nrr.retention(make(x, last=START + MONTHS), window=2) for x in (lines, split))
    pd.testing.assert_frame_equal(first, second)


@given(ledgers)
def test_twice_the_money_gives_twice_the_amounts_and_the_same_ratios(raw):
    lines = spans(raw)
    double = [(a, f, t, 2 * m, d) for a, f, t, m, d in lines]
    first, second = (nrr.retention(make(x, last=START + MONTHS), window=3) for x in (lines, double))
    assert [2 * x for x in amounts(first, "opening_mrr")] == amounts(second, "opening_mrr")
    pd.testing.assert_series_equal(first.nrr, second.nrr)


@given(ledgers)
def test_one_month_lines_and_spans_give_the_same_positions(raw):
    lines = [(a, f, f + 1, m, d) for a, f, _, m, d in spans(raw)]
    as_months = make(lines, dimensions=BY_DIM, last=START + MONTHS, one_month=True)
    as_spans = make(lines, dimensions=BY_DIM, last=START + MONTHS)
    pd.testing.assert_frame_equal(nrr.movements(as_months, by="plan", window=1), nrr.movements(as_spans, by="plan", window=1))


@given(ledgers, st.sampled_from([("month", 1, 1), ("quarter", 3, 1), ("quarter", 3, 2), ("year", 12, 7)]))
def test_cohorts_equal_the_plain_loop(raw, cadence):
    name, length, fiscal_start = cadence
    lines, last = spans(raw), START + MONTHS
    at = oracle.positions(lines, last)
    data = make(lines, dimensions=BY_DIM, last=last)
    frame = nrr.cohorts(data, cadence=name, fiscal_start=fiscal_start)
    ends = {min(m) + length - 1 - (min(m) - fiscal_start) % length for m in at.values() if m}
    ends = sorted(e for e in ends if e <= last)
    rows = frame[frame.cohort != "(all)"]
    assert len(rows) == sum((last - e) // length + 1 for e in ends)
    want = [(age, *oracle.cohort(at, e, age, length, fiscal_start)) for e in ends for age in range((last - e) // length + 1)]
    got = list(zip(
        rows.age, rows.accounts, amounts(rows, "opening_mrr"), amounts(rows, "mrr"), amounts(rows, "capped_mrr"),
        rows.active_accounts, strict=True,
    ))  # fmt: skip
    assert got == want


@given(ledgers, st.integers(1, 12))
def test_accounts_add_up_to_the_bridge(raw, window):
    data = make(spans(raw), dimensions=BY_DIM, last=START + MONTHS)
    if not data.accounts:
        return
    close = data.months[-1]
    bridge = nrr.movements(data, window=window)
    rows = bridge[bridge.close == close]
    if not len(rows):
        return
    total = rows.iloc[0]
    people = nrr.accounts(data, window=window, close=close)
    for state, column in (
        ("expansion", "expansion"),
        ("contraction", "contraction"),
        ("churn", "churn"),
        ("new", "new"),
    ):
        own = people[people.state == state]
        assert abs(sum(own.change_mrr)) == total[f"{column}_mrr"]
        assert len(own) == total[f"{column}_accounts"]


def test_roll_ups_and_account_rows_give_the_same_answers(monkeypatch):
    monkeypatch.setattr("nrr_core.model.build._CELLS_AT_LEAST", 50)
    chance = random.Random(3)
    lines = []
    for a in range(400):
        f = START + chance.randrange(12)
        for k in range(chance.randrange(1, 5)):
            end = f + chance.randrange(1, 6)
            lines.append((f"a{a}", f, end, chance.randrange(1, 9) * 10_000, (f"p{chance.randrange(3)}", f"mail{a}")))
            f = end + chance.randrange(2) * k
    data = make(lines, dimensions=BY_DIM, last=START + 24)
    assert [axis.rolled for axis in data.axes] == [True, False]
    everyone = list(data.axis("owner").segments)
    for window in (1, 12, 7):
        rolled = nrr.movements(data, window=window, by="plan")
        detailed = nrr.movements(data, window=window, by="plan", where={"owner": everyone})
        pd.testing.assert_frame_equal(rolled, detailed)
    pd.testing.assert_frame_equal(nrr.cohorts(data, by="plan"), nrr.cohorts(data, by="plan", where={"owner": everyone}))
