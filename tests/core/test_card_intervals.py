"""Intervals under cards of every family: against a plain loop that resamples accounts, by coverage, and at the edges."""

import csv
import random
from dataclasses import replace

import cards
import numpy as np
import oracle
import pytest
from ledgers import make

import nrr_core as nrr
from nrr_core.definition import Definition
from nrr_core.explain import intervals
from nrr_core.explain.bases import bases_of
from nrr_core.explain.resampling import EXACT, MEASURES, bounds, drawn
from nrr_core.families import reached
from nrr_core.schema import ALL

START = oracle.month("2024-01")
MONTHS = 18
LAST = START + MONTHS - 1
CLOSE = "2025-06"
CARDS = {
    "returns": Definition(window_months=6, returns="all"),
    "movements": Definition(family="movements", window_months=6),
    "movements of all": Definition(family="movements", window_months=6, population="all", returns="all"),
    "chained": Definition(family="chained", window_months=6),
    "averaged": Definition(family="averaged", window_months=6, average_months=6),
    "weighted": Definition(window_months=6, average="weighted", average_months=6),
    "mean of chains": Definition(family="chained", window_months=4, average="mean", average_months=4),
    "revenue": Definition(family="revenue_window", window_months=6),
}


def lines(accounts, *, seed=1, months=MONTHS):
    """Accounts with a drift of their own, so that what one does in a month goes with what it does in another."""
    luck, made = random.Random(seed), []
    for number in range(accounts):
        mrr, drift, plan = luck.lognormvariate(5, 0.7), luck.choice([0.93, 1.0, 1.08]), luck.choice(["Basic", "Pro"])
        for month in range(months):
            mrr *= drift * luck.uniform(0.97, 1.03)
            if luck.random() < 0.03:
                continue  # a month without payment
            if luck.random() < 0.02:
                break
            plan = luck.choice(["Basic", "Pro"]) if luck.random() < 0.05 else plan
            made.append((f"A{number:05d}", START + month, START + month + 1, round(mrr) * 10_000, (plan,)))
    return made


@pytest.fixture(scope="module")
def small():
    some = lines(70)
    return make(some, dimensions=("plan",), last=LAST), oracle.positions(some, LAST)


def base(data, card):
    return bases_of(data, reached(data, card, close=CLOSE), by=None, where={}, card=card)[LAST, ALL]


def looped(at, card, *, draws, seed):
    """Accounts drawn with replacement, each with all of its months; the ratios by the plain loops of ``cards``."""
    luck, courses = random.Random(seed), list(at.values())
    found = [cards.retention(dict(enumerate(luck.choices(courses, k=len(courses)))), card, LAST) for _ in range(draws)]
    return np.array([[np.nan if value is None else float(value) for value in row] for row in found])


def differs(ours, theirs):
    """The larger distance of the ends of two sets of draws, in standard deviations of the second."""
    ends = [np.nanquantile(one, [0.05, 0.95]) for one in (ours, theirs)]
    return float(np.abs(ends[0] - ends[1]).max() / np.nanstd(theirs))


@pytest.mark.parametrize("name", CARDS)
def test_draws_are_those_of_a_plain_loop(small, name):
    data, at = small
    ours, theirs = drawn([base(data, CARDS[name])], draws=2_000, seed=3)[0], looped(at, CARDS[name], draws=250, seed=5)
    for measure, values in zip(MEASURES, theirs.T, strict=True):
        assert differs(ours[measure], values) < 0.5, measure
        assert np.nanstd(ours[measure]) == pytest.approx(np.nanstd(values), rel=0.2), measure


def apart(one, measure, *, draws, seed):
    """The wrong way: each factor's accounts have weights of their own."""
    sums, luck = one.sums[measure], np.random.default_rng(seed)
    under, over = np.split(sums.largest, 2)
    weights = [luck.poisson(1, (under.shape[1], draws)) for _ in under]
    made = [np.stack([row @ weight for row, weight in zip(rows, weights, strict=True)]) for rows in (under, over)]
    return one.shape.values(*made)


@pytest.fixture(scope="module")
def swinging():
    """Accounts that swing up and down, month after month, some up first and some down first."""
    luck, some = random.Random(6), []
    for number in range(60):
        mrr, first = luck.lognormvariate(5, 0.5), luck.randrange(2)
        some += [
            (f"A{number:02d}", START + m, START + m + 1, round(mrr * (1.5 if (m + first) % 2 else 1)) * 10_000, ("x",))
            for m in range(MONTHS)
        ]
    return make(some, dimensions=("plan",), last=LAST), oracle.positions(some, LAST)


@pytest.mark.parametrize("name", ["chained", "averaged", "weighted", "mean of chains"])
def test_the_loop_sees_weights_that_differ_from_month_to_month(swinging, name):
    """Control: where accounts are drawn anew for each factor, the draws are no longer those of the loop."""
    data, at = swinging
    card = replace(CARDS[name], window_months=3, average_months=5)
    one, theirs = base(data, card), looped(at, card, draws=250, seed=5)[:, 0]
    assert differs(drawn([one], draws=2_000, seed=3)[0]["nrr"], theirs) < 0.5
    assert differs(apart(one, "nrr", draws=2_000, seed=3), theirs) > 0.8


@pytest.mark.parametrize("name", ["movements", "revenue"])
def test_the_loop_sees_months_resampled_in_place_of_accounts(small, name):
    """Control: six rows an account, as if what it did in each month were another customer's."""
    data, at = small
    whole = base(data, CARDS[name])
    sums = whole.sums["nrr"]
    split = replace(whole, sums={"nrr": replace(sums, largest=np.repeat(sums.largest / 6, 6, axis=1))})
    wrong = drawn([split], draws=2_000, seed=3)[0]["nrr"]
    assert np.std(wrong) < 0.8 * np.std(looped(at, CARDS[name], draws=250, seed=5)[:, 0])


@pytest.mark.parametrize("name", CARDS)
def test_values_are_those_of_retention_and_lie_inside(small, name):
    data, _ = small
    found = intervals(data, by="plan", close=CLOSE, card=CARDS[name], where={"plan": ["Basic", "Pro"]})
    answer = nrr.retention(data, by="plan", close=CLOSE, card=CARDS[name]).set_index("segment")
    for row in found.itertuples():
        assert row.value == answer.loc[row.segment, row.measure]
        assert row.accounts == answer.loc[row.segment, "opening_accounts"]
        assert row.low <= row.value <= row.high


@pytest.mark.parametrize("name", CARDS)
def test_the_same_seed_gives_the_same_bytes_and_every_close_is_each_by_itself(small, name):
    data, _ = small
    every, again = (intervals(data, by="plan", card=CARDS[name]) for _ in range(2))
    assert every.to_json(double_precision=15) == again.to_json(double_precision=15)
    alone = intervals(data, by="plan", card=CARDS[name], close=CLOSE).reset_index(drop=True)
    assert every[every["close"] == CLOSE].reset_index(drop=True).equals(alone)
    assert not intervals(data, card=CARDS[name], close=CLOSE, seed=2)["low"].equals(intervals(data, card=CARDS[name], close=CLOSE)["low"])


def test_a_segment_has_one_interval_however_it_is_asked_for(small):
    data, _ = small
    for card in (CARDS["chained"], CARDS["movements"], replace(CARDS["averaged"], segment_as_of="close")):
        by, where = intervals(data, by="plan", close=CLOSE, card=card), intervals(data, where={"plan": ["Pro"]}, close=CLOSE, card=card)
        assert (
            by[by["segment"] == "Pro"][["value", "low", "high"]].to_numpy().tolist() == where[["value", "low", "high"]].to_numpy().tolist()
        )


def test_segments_as_of_the_close_are_those_of_retention(small):
    data, _ = small
    card = Definition(window_months=6, segment_as_of="close")
    found, answer = intervals(data, by="plan", close=CLOSE, card=card), nrr.retention(data, by="plan", close=CLOSE, card=card)
    assert found[found["measure"] == "nrr"]["value"].tolist() == answer["nrr"].tolist()
    assert found["value"].tolist() != intervals(data, by="plan", close=CLOSE, window=6)["value"].tolist()


def test_a_difference_of_segments_under_a_chain(small):
    data, _ = small
    levels = intervals(data, by="plan", close=CLOSE, card=CARDS["chained"]).set_index(["segment", "measure"])
    (row,) = intervals(data, by="plan", close=CLOSE, card=CARDS["chained"], against="Basic").query("measure == 'nrr'").itertuples()
    assert row.value == levels.loc[("Pro", "nrr"), "value"] - levels.loc[("Basic", "nrr"), "value"]
    assert row.high - row.low > max(levels.loc[(plan, "nrr"), "high"] - levels.loc[(plan, "nrr"), "low"] for plan in ("Basic", "Pro"))


def read(rows, file):
    """A dataset of many lines."""
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([["account_id", "month", "mrr", "segment"], *rows])
    return nrr.read(file)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    rows = [
        (account, nrr.periods.month_text(f), amount / 10_000, plan) for account, f, _, amount, (plan,) in lines(2_800, seed=8, months=8)
    ]
    return read(rows, tmp_path_factory.mktemp("large") / "large.csv")


LARGE = {
    "movements": Definition(family="movements", window_months=4),
    "chained": Definition(family="chained", window_months=4),
    "averaged": Definition(family="averaged", window_months=4, average_months=3),
    "revenue": Definition(family="revenue_window", window_months=3),
}


def one_by_one(data, card, *, monkeypatch):
    """The same base with every account drawn by itself."""
    monkeypatch.setattr("nrr_core.explain.crowd.EXACT", 10_000)
    monkeypatch.setattr("nrr_core.explain.resampling.EXACT", 10_000)
    return bases_of(data, reached(data, card)[-1:], by=None, where={}, card=card)


@pytest.mark.parametrize("name", LARGE)
def test_a_joint_normal_stands_for_the_accounts_that_are_not_drawn_one_by_one(large, name, monkeypatch):
    (ours,) = bases_of(large, reached(large, LARGE[name])[-1:], by=None, where={}, card=LARGE[name]).values()
    assert ours.accounts > EXACT
    found = drawn([ours], draws=4_000, seed=3)[0]
    (whole,) = one_by_one(large, LARGE[name], monkeypatch=monkeypatch).values()
    exact = drawn([whole], draws=4_000, seed=3)[0]
    for measure in MEASURES:
        assert found[measure].std() == pytest.approx(exact[measure].std(), rel=0.08), measure
        assert differs(found[measure], exact[measure]) < 0.15, measure


@pytest.mark.parametrize("name", ["chained", "averaged"])
def test_the_check_sees_covariances_left_out(large, name):
    """Control: with variances alone, as if the months of an account had nothing to do with each other, the spread is another one."""
    (ours,) = bases_of(large, reached(large, LARGE[name])[-1:], by=None, where={}, card=LARGE[name]).values()
    sums = ours.sums["nrr"]
    loose = np.diag(np.sqrt((sums.others.root**2).sum(axis=1)))
    wrong = replace(ours, sums={"nrr": replace(sums, others=replace(sums.others, root=loose))})
    assert drawn([wrong], draws=4_000, seed=3)[0]["nrr"].std() > 1.5 * drawn([ours], draws=4_000, seed=3)[0]["nrr"].std()


WORLDS, EACH = 250, 60
GROWTH = (0.85, 1.18)  # a month, of accounts of two kinds
LEAVING = 0.01


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    """Many worlds in one file, a segment each: sixty accounts of two kinds over five months, one in a hundred leaving in each month."""
    rows, luck = [], np.random.default_rng(4)
    for world in range(WORLDS):
        for number in range(EACH):
            mrr, kind = luck.lognormal(5, 0.6), luck.integers(2)
            for month in range(1, 6):
                rows.append([f"{world:03d}-{number:02d}", f"2025-{month:02d}", f"{mrr:.2f}", f"W{world:03d}"])
                mrr *= GROWTH[kind] * luck.lognormal(0, 0.05)
                if luck.random() < LEAVING:
                    break
    return read(rows, tmp_path_factory.mktemp("worlds") / "worlds.csv")


def truth(family):
    """NRR over four months of endlessly many such accounts."""
    paid = [np.mean([growth**month for growth in GROWTH]) * ((1 - LEAVING) * np.exp(0.05**2 / 2)) ** month for month in range(5)]
    return {"movements": paid[4] / paid[0], "chained": paid[4] / paid[0]}[family]


def covered(data, card, *, narrowed=None):
    """Share of worlds whose interval holds the truth; ``narrowed`` makes draws of another kind of a base."""
    (window,) = reached(data, card, close="2025-05")
    bases = {place[1]: one for place, one in bases_of(data, [window], by="segment", where={}, card=card).items() if place[1] != ALL}
    hits = 0
    for one in bases.values():
        found = drawn([one], draws=1_000, seed=1)[0]["nrr"] if narrowed is None else narrowed(one)
        low, high = bounds(found, level=0.9, equal=one.sums["nrr"].equal)
        hits += low <= truth(card.family) <= high
    return hits / len(bases)


@pytest.mark.parametrize("family", ["movements", "chained"])
def test_nine_intervals_in_ten_hold_the_truth(worlds, family):
    share = covered(worlds, Definition(family=family, window_months=4))
    assert 0.84 <= share <= 0.96, f"{share:.3f} of {WORLDS} intervals hold the truth"


def test_the_coverage_check_sees_months_drawn_apart_from_each_other(worlds):
    """Controls: weights of their own for each month of a chain; four rows an account in place of one, in movements."""
    chained = covered(worlds, Definition(family="chained", window_months=4), narrowed=lambda one: apart(one, "nrr", draws=1_000, seed=1))

    def split(one):
        sums = one.sums["nrr"]
        rows = replace(one, sums={"nrr": replace(sums, largest=np.repeat(sums.largest / 4, 4, axis=1))})
        return drawn([rows], draws=1_000, seed=1)[0]["nrr"]

    moved = covered(worlds, Definition(family="movements", window_months=4), narrowed=split)
    assert (chained < 0.78, moved < 0.78) == (True, True), (chained, moved)


def of(courses, card):
    """Intervals of accounts given as monthly amounts."""
    rows = [
        (f"A{i}", START + m, START + m + 1, mrr * 10_000, ("x",)) for i, course in enumerate(courses) for m, mrr in enumerate(course) if mrr
    ]
    return intervals(make(rows, last=START + 4), card=card).query(f"close == '{nrr.periods.month_text(START + 4)}'").set_index("measure")


FEW = {
    "movements": Definition(family="movements", window_months=2),
    "chained": Definition(family="chained", window_months=2),
    "averaged": Definition(family="averaged", window_months=2, average_months=2),
    "weighted": Definition(window_months=2, average="weighted", average_months=2),
    "revenue": Definition(family="revenue_window", window_months=2),
}


@pytest.mark.parametrize("name", FEW)
def test_one_account_has_a_value_and_no_interval(name):
    found = of([[100, 100, 110, 110, 120]], FEW[name])
    assert found["value"].notna().all()
    assert found[["low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize("name", ["movements", "revenue"])
def test_all_churned_is_nothing_for_sure(name):
    found = of([[100, 100, 100 * (name == "movements"), 0, 0]] * 12 + [[0, 0, 0, 0, 1]], FEW[name])
    assert found[["value", "low", "high"]].to_numpy().tolist() == [[0.0] * 3] * 3


@pytest.mark.parametrize("name", FEW)
def test_no_opening_has_neither_value_nor_interval(name):
    found = of([[0, 0, 0, 0, 50]] * 3 + [[9, 0, 0, 0, 0]], FEW[name])
    assert found[["value", "low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize("name", FEW)
def test_where_all_did_the_same_nothing_says_otherwise(name):
    found = of([[100, 100, 100, 100, 100]] * 15, FEW[name])
    assert found[["value", "low", "high"]].to_numpy() == pytest.approx(1.0)


def test_losses_of_movements_may_exceed_the_opening():
    """An account that comes back and leaves again is lost twice: GRR is below 0, and so are its draws."""
    found = of([[0, 0, 100, 0, 0], [0, 0, 100, 90, 95], [0, 0, 100, 0, 100]], Definition(family="movements", window_months=2))
    assert found.loc["grr", "value"] < 1
    lost = of([[100, 0, 100, 0, 100]] * 3 + [[100, 100, 0, 100, 0]] * 12, Definition(family="movements", window_months=4))
    assert lost.loc["grr", "value"] < 0
    assert lost.loc["grr", "low"] < 0


def test_against_a_segment_that_the_filter_leaves_out_there_is_nothing_to_tell(small):
    data, _ = small
    assert intervals(data, by="plan", close=CLOSE, window=6, where={"plan": ["Pro"]}, against="Basic").empty


def test_many_bases_are_drawn_as_each_by_itself(small):
    """Forty bases, more than are multiplied together, of all sizes: the same draws as one at a time."""
    data, _ = small
    every = [*bases_of(data, reached(data, CARDS["chained"]), by="plan", where={}, card=CARDS["chained"]).values()]
    assert len(every) > 32
    for together, one in zip(drawn(every, draws=200, seed=3), every, strict=True):
        alone = drawn([one], draws=200, seed=3)[0]
        assert all(np.array_equal(together[measure], alone[measure], equal_nan=True) for measure in MEASURES)
