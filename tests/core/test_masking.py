"""The masking alarm: each rule fires on a ledger made for it, says its figures, and is silent next to it."""

import math
from itertools import pairwise

import pytest
from ledgers import make

import nrr_core as nrr
from nrr_core.definition import Definition
from nrr_core.errors import DefinitionError
from nrr_core.explain import fragility, masking
from nrr_core.targets import Targets

FIRST = 24_301  # January 2025
LAST = "2026-04"
CLOSE = FIRST + 15


def lines(courses, plan="Pro"):
    """Accounts from a list of (first month, MRR by month) each, in currency units."""
    made = []
    for number, course in enumerate(courses):
        ends = [m for m in range(1, 17) if m == 16 or course[m] != course[m - 1]]
        for start, end in pairwise([0, *ends]):
            if course[start]:
                made.append((f"{plan}{number:03d}", FIRST + start, FIRST + end, course[start] * 10_000, (plan,)))
    return made


def flat(mrr, count=1):
    return [[mrr] * 16] * count


def leaving(month, mrr=100):
    return [mrr] * month + [0] * (16 - month)


def growing(to, mrr=100):
    return [mrr] * 4 + [to] * 12  # what it pays after the first four months, at every close that is looked at


def ask(courses, *, targets=None, **options):
    data = make(lines(courses), dimensions=("plan",), last=CLOSE)
    return masking(data, window=12, close=LAST, targets=targets, **options)


BROAD = [growing(200) for _ in range(30)]  # thirty accounts that doubled hide much


def test_grr_under_its_target_beneath_a_good_nrr_fires_with_its_figures():
    frame = ask([*BROAD, *flat(100, 60), *[leaving(10) for _ in range(10)]], targets=Targets().put("grr", 0.95).put("nrr", 1.1))
    (row,) = frame.to_dict("records")
    assert (row["segment"], row["rule"], row["measure"], row["accounts"], row["small"]) == ("(all)", "under_target", "grr", 100, False)
    assert row["nrr"] == pytest.approx((30 * 200 + 60 * 100) / 10_000)
    assert (row["nrr_target"], row["value"], row["target"]) == (1.1, 0.9, 0.95)
    assert row["sentence"] == "NRR of 120.0% meets its target of 110.0%, but GRR is 90.0%, under its target of 95.0%."
    assert math.isnan(row["before"])
    assert math.isnan(row["expanded"])


def test_logo_retention_has_its_own_target():
    courses = [*BROAD, *flat(100, 60), *[leaving(10) for _ in range(10)]]
    assert ask(courses, targets=Targets().put("logo_retention", 0.9)).empty
    frame = ask(courses, targets=Targets().put("logo_retention", 0.91))
    assert frame["measure"].tolist() == ["logo_retention"]


def test_without_a_target_of_nrr_it_is_held_against_one_hundred_and_says_so():
    courses = [*BROAD, *flat(100, 60), *[leaving(10) for _ in range(10)]]
    (row,) = ask(courses, targets=Targets().put("grr", 0.95)).to_dict("records")
    assert row["nrr_target"] == 1.0
    assert "no target is set, so it is held against 100%" in row["sentence"]


def test_an_nrr_under_its_target_hides_nothing():
    courses = [*BROAD, *flat(100, 60), *[leaving(10) for _ in range(10)]]
    assert ask(courses, targets=Targets().put("grr", 0.95).put("nrr", 1.3)).empty
    assert ask([*flat(100, 90), *[leaving(10) for _ in range(10)]], targets=Targets().put("grr", 0.95)).empty


def test_without_any_target_only_falls_and_narrow_growth_fire():
    assert ask([*BROAD, *flat(100, 60), *[leaving(10) for _ in range(10)]]).empty


FALLING = [*BROAD, *flat(100, 30), leaving(13), leaving(14), leaving(15)]  # one leaves in each of the last three months


def test_three_falls_in_a_row_fire():
    rows = ask(FALLING).to_dict("records")
    assert [(row["rule"], row["measure"]) for row in rows] == [("falling", "grr"), ("falling", "logo_retention")]
    for row in rows:
        assert row["before"] == 1.0
        assert row["value"] == pytest.approx(60 / 63)
        assert "fell three months running: 100.0%, 98.4%, 96.8%, 95.2%." in row["sentence"]


@pytest.mark.parametrize("lives", [(14, 15), (13, 15), (13, 14)])
def test_two_falls_are_not_three(lives):
    """A month in which nothing fell, at the beginning, in the middle or at the end, breaks the row."""
    assert ask([*BROAD, *flat(100, 30), *(leaving(month) for month in lives)]).empty


def test_falls_need_four_closes():
    data = make(lines(FALLING), dimensions=("plan",), last=CLOSE)
    assert len(masking(data, window=12, close=LAST)) == 2
    assert masking(data, window=13, close=LAST)[lambda rows: rows["rule"] == "falling"].empty


NARROW = [[100] * 8 + [300] * 8, *flat(100, 9)]  # one of ten tripled


def test_narrow_growth_fires_whatever_nrr_is():
    losses = [[100] * 8 + [10] * 8 for _ in range(9)]
    for courses in (NARROW, [NARROW[0], *losses]):
        (row,) = ask(courses).to_dict("records")
        assert (row["rule"], row["measure"]) == ("narrow", "")
        assert (row["expanded"], row["from_top_5"]) == (0.1, 1.0)
        assert row["sentence"].startswith("Only 10.0% of accounts expanded (1 of 10 opening accounts)")


def test_a_fifth_of_the_accounts_is_not_few():
    assert ask([*[NARROW[0]] * 2, *flat(100, 8)]).empty
    assert not ask([*[NARROW[0]] * 2, *flat(100, 9)]).empty


def test_half_of_the_expansion_is_not_over_half():
    grown = [[100] * 8 + [200] * 8 for _ in range(10)]
    assert ask([*grown, *flat(100, 90)]).empty  # the five largest of ten equal ones make exactly half
    frame = ask([*grown, [100] * 8 + [201] * 8, *flat(100, 90)])
    assert frame.empty  # 501 of 1,101
    frame = ask([*grown[1:], [100] * 8 + [201] * 8, *flat(100, 90)])
    assert frame["from_top_5"].tolist() == [pytest.approx(501 / 1_001)]


def test_no_expansion_is_no_narrow_expansion():
    assert ask(flat(100, 20)).empty


def test_segments_are_judged_by_their_own_targets():
    data = make(
        [*lines(BROAD + flat(100, 60) + [leaving(10)] * 10, "Pro"), *lines(flat(100, 100), "Basic")], dimensions=("plan",), last=CLOSE
    )
    frame = masking(data, window=12, close=LAST, by="plan", targets=Targets().put("grr", 0.95, "plan", "Pro"))
    assert frame["segment"].tolist() == ["Pro"]
    assert frame["sentence"].iloc[0].startswith("Pro: NRR of 120.0%")
    both = masking(data, window=12, close=LAST, by="plan", targets=Targets().put("grr", 0.96).put("grr", 0.5, "plan", "Pro"))
    assert both["segment"].tolist() == ["(all)"]  # 190 of 200 kept
    assert both["value"].tolist() == [0.95]


def test_a_small_segment_says_so():
    frame = ask([*[growing(400)] * 2, *flat(100, 2), leaving(10)], targets=Targets().put("grr", 0.9))
    assert frame["small"].all()
    assert frame["sentence"].iloc[0].endswith("It rests on 5 accounts only.")


@pytest.mark.parametrize(
    "courses",
    [[leaving(10)] * 3, [[0] * 14 + [50] * 2, [100] + [0] * 15], [leaving(10)], flat(100)],
    ids=["churned", "nobody", "one left", "one stays"],
)
def test_edges_are_silent(courses):
    """All churned, nobody at the opening, a single account: no NRR at its target, or nothing beneath it."""
    assert ask(courses, targets=Targets().put("grr", 0.9).put("logo_retention", 0.9)).empty


def test_a_single_account_that_grew_is_no_narrow_growth():
    assert ask([growing(200)]).empty


def test_figures_are_those_of_retention_and_fragility():
    data = make(lines([*NARROW, *[[100] * 8 + [120 + k] * 8 for k in range(6)], *flat(100, 40)]), dimensions=("plan",), last=CLOSE)
    row = masking(data, window=12, close=LAST).iloc[0]
    held = fragility(data, window=12, close=LAST).set_index("measure")["value"]
    assert row["from_top_5"] == held["expansion_from_top_5"] > 0.5
    assert row["accounts"] == nrr.retention(data, window=12, close=LAST)["opening_accounts"].iloc[0]


def test_the_smallest_opening_of_a_card_counts():
    courses = [*NARROW, *[growing(2, 1) for _ in range(20)]]
    assert ask(courses).empty  # 21 of 30 expanded
    assert ask(courses, card=Definition(min_opening_mrr=50 * 10_000))["rule"].tolist() == ["narrow"]


def test_the_renewal_base_is_refused_by_name():
    with pytest.raises(DefinitionError, match=r"renewal_base.*not NRR"):
        ask(NARROW, card=Definition(family="renewal_base"))


def test_the_stamp_holds_the_targets():
    assert '"grr": 0.9' in ask(NARROW, targets=Targets().put("grr", 0.9)).attrs["stamp"]["question"]
