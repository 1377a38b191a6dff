"""Sentences about intervals and fragility: every figure is computed, every edge has words."""

import pytest
from ledgers import make

import nrr_core as nrr
from nrr_core.definition import Definition
from nrr_core.errors import DefinitionError
from nrr_core.explain import (
    difference_finding,
    farthest,
    fragility,
    fragility_bars,
    fragility_finding,
    interval_finding,
    intervals,
    segment_bars,
    spread_findings,
    trend_points,
)

OPEN, CLOSE = 24_301, 24_313
LAST = "2026-01"


def book(pairs, **plans):
    """Accounts with an opening and a closing, by plan; somebody paid before, so that a window opens."""
    lines = [("Z", OPEN - 1, OPEN, 10_000, ("Basic",))]
    for plan, own in {"Basic": pairs, **plans}.items():
        for number, (opening, closing) in enumerate(own):
            lines += [(f"{plan}{number}", OPEN, CLOSE, opening * 10_000, (plan,))] if opening else []
            lines += [(f"{plan}{number}", CLOSE, CLOSE + 1, closing * 10_000, (plan,))] if closing else []
    return make(lines, dimensions=("plan",), last=CLOSE)


def told(data):
    return interval_finding(intervals(data, window=12, close=LAST))


def broken(data):
    return fragility(data, window=12, close=LAST)


def test_an_interval_is_said_with_its_ends():
    data = book([(100, 120), (100, 80)] * 10)
    row = intervals(data, window=12, close=LAST).iloc[0]
    low, high = (f"{value * 100:.1f}%" for value in (row["low"], row["high"]))
    assert told(data) == f"If a different but similar set of customers had signed, NRR would likely lie between {low} and {high}."


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([(0, 50)], "Nobody paid at the open, so NRR has no value."),
        ([(100, 120)], "NRR rests on one account, which cannot say how others would have done."),
        ([(100, 0)] * 12, "All 12 accounts did the same, so the data cannot say how far NRR may be off."),
        ([(100, 120), (100, 80), (50, 50)], "It rests on 3 accounts only."),
    ],
)
def test_thin_bases_have_words_of_their_own(pairs, words):
    assert told(book(pairs)).endswith(words)


def test_a_segment_that_is_not_there_has_no_value():
    found = intervals(book([(100, 120)] * 3), window=12, close=LAST)
    assert interval_finding(found, segment="Enterprise") == "Nobody paid at the open, so NRR has no value."


def test_the_farthest_segments_have_enough_accounts():
    data = book([(100, 50)] * 12, Pro=[(100, 150)] * 12, Tiny=[(100, 900)] * 2)
    answer = nrr.retention(data, window=12, close=LAST, by="plan")
    assert farthest(answer) == ("Basic", "Pro")
    assert farthest(answer[answer["segment"] != "Pro"]) is None


def test_a_clear_difference_is_more_than_luck_and_a_small_one_may_be_luck():
    noisy = [(100, 150), (100, 40), (100, 120), (100, 90)] * 5
    clear = book([(100, 50), (100, 60)] * 10, Pro=[(100, 150), (100, 160)] * 10)
    close = book(noisy, Pro=[*noisy[1:], (100, 160)])
    for data, words in ((clear, "more than luck"), (close, "it may be luck")):
        low, high = farthest(nrr.retention(data, window=12, close=LAST, by="plan"))
        said = difference_finding(intervals(data, window=12, close=LAST, by="plan", against=low), low=low, high=high)
        assert said.endswith(f"{words}.")
        assert "apart in NRR" in said


def test_fragility_is_read_out_with_its_figures():
    data = book([(100, 100)] * 20 + [(1_000, 3_000), (200, 100), (200, 300), (100, 90), (100, 110), (100, 100)])
    values = broken(data).set_index("measure")["value"]
    said = fragility_finding(broken(data))
    assert said.startswith(f"NRR is {values['nrr'] * 100:.1f}%; without the 5 accounts that moved most it would be ")
    assert f"{values['nrr_without_top_5'] * 100:.1f}%" in said
    assert said.endswith("The account in the middle pays what it paid, and the 5 largest expansions make 100% of all expansion.")


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([(0, 50)], "Nobody paid at the open, so there is no NRR that could rest on anybody."),
        ([(100, 120)], "NRR is 120.0%, and it is that of a single account."),
        ([(100, 0)] * 8, "The account in the middle pays 0.0% of what it paid, and nobody expanded."),
        ([(100, 120)] * 3, "NRR is 120.0%; it rests on 3 accounts alone."),
    ],
)
def test_fragility_of_thin_bases_has_words_of_its_own(pairs, words):
    said = fragility_finding(broken(book(pairs)))
    assert words in said
    assert "nan" not in said
    assert "–" not in said


@pytest.mark.parametrize(("pairs", "count"), [([(0, 50)], 0), ([(100, 120)], 1), ([(100, 80), (100, 90)], 2)])
def test_the_spread_is_said_as_far_as_there_is_one(pairs, count):
    assert len(spread_findings(broken(book(pairs)))) == count


def test_bars_of_fragility_leave_out_what_is_left_without_anybody():
    bars = fragility_bars(broken(book([(100, 120)] * 4)), factor=12)
    assert bars["segment"].tolist() == ["All accounts", "Without top 1", "Without top 3"]
    assert bars["opening_mrr"].tolist() == [4_800.0, 3_600.0, 1_200.0]
    assert fragility_bars(broken(book([(0, 50)]))).empty


def test_fragility_leaves_out_accounts_below_the_card_s_smallest_opening():
    data = book([(100, 50), (10, 100)])
    found = fragility(data, window=12, close=LAST, card=Definition(min_opening_mrr=50 * 10_000)).set_index("measure")
    assert found.loc["nrr", ["value", "accounts"]].tolist() == [0.5, 1]


def test_fragility_of_another_family_is_refused():
    with pytest.raises(DefinitionError, match="opening against closing"):
        fragility(book([(100, 50)]), window=12, close=LAST, card=Definition(family="movements"))


def test_points_and_bars_carry_intervals_and_targets():
    data = book([(100, 120), (100, 80)] * 6, Pro=[(100, 100)] * 3)
    found, answer = intervals(data, window=12, by="plan"), nrr.retention(data, window=12, by="plan")
    points = trend_points(answer, found).set_index(["series", "month"])
    row = found[(found["segment"] == "(all)") & (found["measure"] == "nrr") & (found["close"] == LAST)].iloc[0]
    assert points.loc[("nrr", LAST), ["lower", "upper"]].tolist() == [row["low"], row["high"]]
    assert points.loc[("grr", LAST), ["lower", "upper"]].isna().all()
    last = answer[answer["close"] == LAST]
    bars = segment_bars(last, measure="grr", intervals=found, targets={"Pro": 0.9}).set_index("segment")
    assert bars["target"].dropna().to_dict() == {"Pro": 0.9}
    assert bars["lower"].notna().all()
    assert "lower" not in segment_bars(last, measure="grr")
