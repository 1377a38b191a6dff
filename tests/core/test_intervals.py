"""Intervals: a bootstrap of whole accounts, checked by coverage, against a plain loop, and at the edges."""

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from ledgers import make

import nrr_core as nrr
from nrr_core.definition import Definition
from nrr_core.errors import DefinitionError, SelectionError
from nrr_core.explain import intervals
from nrr_core.explain.crowd import Column, Crowd
from nrr_core.explain.resampling import EXACT, bounds, drawn
from nrr_core.explain.samples import Others, Shape
from nrr_core.families import Terms

OPEN, CLOSE = 24_301, 24_313  # January 2025, January 2026
LAST = "2026-01"
MEASURES = ("nrr", "grr", "logo_retention")


def base_of(opening, closing):
    """The base of some accounts as ``intervals`` makes it from the model."""
    s, e = np.asarray(opening, dtype=np.int64), np.asarray(closing, dtype=np.int64)
    column = Column.of(Terms(s, e, np.minimum(s, e), s > 0, e > 0))
    return Crowd().base([column], Shape(np.array([[0]])))


def population(luck, count, spread):
    """Accounts drawn from one world: sizes with a heavier tail the larger the spread, 12 % leave, the others change by a quarter."""
    opening = np.ceil(luck.lognormal(5, spread, count))
    closing = np.where(luck.random(count) < 0.12, 0, np.ceil(opening * luck.lognormal(0.05, 0.25, count)))
    return opening, closing


def covered(count, spread, *, worlds, look=lambda opening, closing: (opening, closing), narrowed=1.0):
    """Share of worlds whose interval of NRR holds what NRR would be of endlessly many accounts."""
    truth = 0.88 * math.exp(0.05 + 0.25**2 / 2)
    hits = 0
    for world in range(worlds):
        base = base_of(*look(*population(np.random.default_rng([count, world]), count, spread)))
        found = drawn([base], draws=2_000, seed=1)[0]["nrr"]
        found = base.value("nrr") + (found - base.value("nrr")) * narrowed
        low, high = bounds(found, level=0.9, equal=base.sums["nrr"].equal)
        hits += low <= truth <= high
    return hits / worlds


@pytest.mark.parametrize(
    ("count", "spread", "worlds"), [(12, 0.5, 400), (40, 1.0, 400), (200, 0.5, 300), (200, 1.5, 300), (1_000, 1.5, 100), (6_000, 1.5, 300)]
)
def test_nine_intervals_in_ten_hold_the_truth_for_light_and_heavy_tails(count, spread, worlds):
    share = covered(count, spread, worlds=worlds)
    assert 0.84 <= share <= 0.96, f"{share:.3f} of {worlds} intervals hold the truth"


def test_the_coverage_check_sees_months_resampled_in_place_of_accounts_and_half_the_spread():
    """Controls: twelve rows an account, as if each month were another customer; and draws pulled half way to the middle."""
    assert covered(200, 0.5, worlds=150, look=lambda s, e: (np.repeat(s, 12)[:EXACT], np.repeat(e, 12)[:EXACT])) < 0.6
    assert covered(200, 0.5, worlds=150, narrowed=0.5) < 0.75
    assert covered(6_000, 1.5, worlds=100, narrowed=0.5) < 0.75


def plain_bootstrap(opening, closing, *, draws, seed):
    """Accounts drawn with replacement, in a loop."""
    luck, rows = random.Random(seed), list(zip(opening, closing, strict=True))
    found = []
    for _ in range(draws):
        some = luck.choices(rows, k=len(rows))
        paid = sum(s for s, _ in some)
        found.append((sum(e for _, e in some) / paid, sum(min(s, e) for s, e in some) / paid, sum(e > 0 for _, e in some) / len(some)))
    return np.array(found).T


@pytest.mark.parametrize(("count", "spread"), [(60, 1.0), (400, 0.5), (3_000, 1.5)])
def test_the_draws_are_those_of_a_plain_loop(count, spread):
    """Same middle and same spread as accounts drawn one by one, whether all are drawn or the largest 200."""
    opening, closing = population(np.random.default_rng(count), count, spread)
    base = base_of(opening, closing)
    ours = drawn([base], draws=4_000, seed=3)[0]
    plain = plain_bootstrap(opening.tolist(), closing.tolist(), draws=800, seed=5)
    for measure, theirs in zip(MEASURES, plain, strict=True):
        noise = theirs.std() / math.sqrt(len(theirs))
        assert abs(ours[measure].mean() - theirs.mean()) < 6 * noise + 0.1 * theirs.std(), measure
        assert ours[measure].std() == pytest.approx(theirs.std(), rel=0.12), measure
        assert np.quantile(ours[measure], [0.05, 0.95]) == pytest.approx(np.quantile(theirs, [0.05, 0.95]), abs=0.35 * theirs.std()), (
            measure
        )


def test_the_check_against_a_plain_loop_sees_a_remainder_left_out():
    """Control: without the moments of the others, the spread of 3,000 accounts is too small."""
    base = base_of(*population(np.random.default_rng(3_000), 3_000, 0.5))
    whole = base.sums["nrr"]
    others = Others(whole.others.totals, np.zeros((2, 2)), whole.others.positive)
    frozen = replace(base, sums={"nrr": replace(whole, others=others)})
    assert drawn([frozen], draws=4_000, seed=3)[0]["nrr"].std() < 0.88 * drawn([base], draws=4_000, seed=3)[0]["nrr"].std()


def book(accounts, *, seed=1):
    """Snapshots of random accounts in three plans; every amount in ten-thousandths."""
    luck, lines = random.Random(seed), []
    for number in range(accounts):
        opening = round(luck.lognormvariate(5, 1)) * 10_000
        closing = 0 if luck.random() < 0.15 else round(opening * luck.uniform(0.7, 1.5))
        plan = luck.choice(["Basic", "Pro", "Team"])
        lines.append((f"A{number:05d}", OPEN, CLOSE, opening, (plan,)))
        if closing:
            lines.append((f"A{number:05d}", CLOSE, CLOSE + 1, closing, (plan,)))
    return lines


@pytest.fixture(scope="module")
def some():
    return make(book(300), dimensions=("plan",), last=CLOSE)


def ask(data, **options):
    return intervals(data, window=12, close=LAST, **options)


def test_values_are_those_of_retention(some):
    found, answer = ask(some, by="plan"), nrr.retention(some, window=12, close=LAST, by="plan").set_index("segment")
    assert found["segment"].drop_duplicates().tolist() == answer.index.tolist()
    for row in found.itertuples():
        assert row.value == pytest.approx(answer.loc[row.segment, row.measure], rel=1e-12)
        assert row.accounts == answer.loc[row.segment, "opening_accounts"]
        assert row.low <= row.value <= row.high


def test_every_close_at_once_is_each_close_by_itself(some):
    every = intervals(some, window=3, by="plan")
    for close in ("2025-06", LAST):
        alone = intervals(some, window=3, by="plan", close=close).reset_index(drop=True)
        assert every[every["close"] == close].reset_index(drop=True).equals(alone)


def test_every_close_of_a_large_base_is_each_close_by_itself():
    """Many closes look for the largest among those that ever pay most, one close among all: the same accounts."""
    lines = [(account, month, month + 5, amount, plan) for account, month, _, amount, plan in book(2_600, seed=6) if month == OPEN]
    lines += [(account, month + 5, CLOSE + 1, amount * 11 // 10, plan) for account, month, _, amount, plan in lines if amount % 7]
    data = make(lines, dimensions=("plan",), last=CLOSE)
    every = intervals(data, window=3)
    assert every["accounts"].min() > EXACT
    for close in every["close"].unique()[::3]:
        assert every[every["close"] == close].reset_index(drop=True).equals(intervals(data, window=3, close=close))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(some):
    assert ask(some, by="plan").to_json(double_precision=15) == ask(some, by="plan").to_json(double_precision=15)
    assert not ask(some)["low"].equals(ask(some, seed=2)["low"])


def test_the_order_of_the_lines_changes_nothing(some):
    lines = book(300)
    random.Random(9).shuffle(lines)
    assert ask(make(lines, dimensions=("plan",), last=CLOSE), by="plan").equals(ask(some, by="plan"))


def test_a_segment_has_one_interval_however_it_is_asked_for(some):
    by, where = ask(some, by="plan"), ask(some, where={"plan": ["Pro"]})
    own = by[by["segment"] == "Pro"]
    assert own[["value", "low", "high"]].to_numpy().tolist() == where[["value", "low", "high"]].to_numpy().tolist()


def test_a_higher_level_is_wider_and_more_accounts_are_narrower(some):
    def width(frame):
        return (frame["high"] - frame["low"]).iloc[0]

    assert width(ask(some, level=0.5)) < width(ask(some)) < width(ask(some, level=0.99))
    assert width(ask(make(book(2_700), dimensions=("plan",), last=CLOSE))) < 0.6 * width(ask(some))


def test_large_bases_join_the_exact_ones_without_a_step():
    """Just above 2,000 accounts the others stand for 1,900 of them: the interval is as wide as just below."""
    below, above = (make(book(count, seed=4), last=CLOSE) for count in (1_990, 2_040))
    (low_b, high_b), (low_a, high_a) = (ask(data).iloc[0][["low", "high"]] for data in (below, above))
    assert high_a - low_a == pytest.approx(high_b - low_b, rel=0.1)


def test_a_difference_is_that_of_the_two_values_and_wider_than_either(some):
    found, levels = ask(some, by="plan", against="Basic"), ask(some, by="plan")
    assert set(found["segment"]) == {"Pro", "Team"}
    values = {(row.segment, row.measure): row for row in levels.itertuples()}
    for row in found.itertuples():
        own, other = values[row.segment, row.measure], values["Basic", row.measure]
        assert row.value == pytest.approx(own.value - other.value)
        assert row.low < row.value < row.high
        assert row.high - row.low > max(own.high - own.low, other.high - other.low)
        assert row.accounts == min(own.accounts, other.accounts)


def test_stamp_holds_level_draws_and_seed(some):
    question = ask(some, level=0.8, draws=500, seed=7).attrs["stamp"]["question"]
    assert "level 0.8, draws 500, seed 7" in question


def lines_of(pairs):
    lines = [(f"A{i}", OPEN, CLOSE, s * 10_000, ()) for i, (s, _) in enumerate(pairs) if s]
    return lines + [(f"A{i}", CLOSE, CLOSE + 1, e * 10_000, ()) for i, (_, e) in enumerate(pairs) if e]


def rows(pairs):
    return ask(make(lines_of(pairs), last=CLOSE)).set_index("measure")


def test_one_account_has_a_value_and_no_interval():
    found = rows([(100, 120)])
    assert found.loc["nrr", "value"] == pytest.approx(1.2)
    assert found[["low", "high"]].isna().all(axis=None)
    assert found["small"].all()


def test_all_churned_is_nothing_for_sure():
    found = rows([(100, 0)] * 12)
    assert found[["value", "low", "high"]].to_numpy().tolist() == [[0.0] * 3] * 3
    assert not found["small"].any()


def test_a_zero_opening_has_neither_value_nor_interval():
    lines = [("Z", OPEN - 1, OPEN, 10_000, ()), *lines_of([(0, 50), (0, 70)])]
    found = ask(make(lines, last=CLOSE))
    assert found[["value", "low", "high"]].isna().all(axis=None)
    assert found["accounts"].eq(0).all()


def test_grr_never_leaves_one_and_nothing_falls_below_zero():
    found = rows([(100, 130)] * 15 + [(10_000, 0)])
    assert found.loc["grr", "high"] <= 1
    assert found["low"].min() >= 0


def test_accounts_below_the_smallest_opening_are_left_out():
    data = make(lines_of([(100, 50), (200, 200), (10, 0)]), last=CLOSE)
    found = intervals(data, window=12, close=LAST, card=Definition(min_opening_mrr=100 * 10_000)).set_index("measure")
    assert found.loc["nrr", "accounts"] == 2
    assert found.loc["nrr", "value"] == pytest.approx(250 / 300)


def test_the_renewal_base_is_refused_by_name(some):
    with pytest.raises(DefinitionError, match=r"renewal_base.*not NRR"):
        intervals(some, close=LAST, card=Definition(family="renewal_base"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"level": 1.0}, "level"), ({"draws": 10}, "at least 100"), ({"against": "Pro"}, "needs a dimension"),
        ({"by": "plan", "against": "Prro"}, "Did you mean"), ({"by": "plans"}, "no dimension"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said(some, options, words):
    with pytest.raises(SelectionError, match=words):
        ask(some, **options)
