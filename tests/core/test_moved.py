"""Why NRR moved: the parts add up to the change without a remainder, and are those of the formula, computed once more in plain loops."""

import os
import random
from fractions import Fraction

import pytest
from ledgers import make
from oracle import month, positions
from random_books import DIMENSIONS, MONTHS, START, lines

from nrr_core import explain
from nrr_core.definition import Definition
from nrr_core.errors import SelectionError
from nrr_core.explain.effects import OTHERS, PARTS
from nrr_core.periods import month_text

JAN, FEB, MAR = (month(f"2024-{m:02d}") for m in (1, 2, 3))
PAIRS = int(os.environ.get("NRR_PAIRS", "200"))  # pairs of windows or segments on random ledgers


def cents(amount):
    return amount * 10_000


def steady(account, plan, *amounts, start=JAN):
    """One account that pays these amounts month by month; 0 is a month without a line."""
    return [(account, start + k, start + k + 1, cents(a), (plan,)) for k, a in enumerate(amounts) if a]


def parts_of(moved):
    return {part: Fraction(effect) for part, effect in zip(moved.parts["part"], moved.parts["effect"], strict=True)}


def why(given, *, before="2024-02", after="2024-03", by="plan", **options):
    data = make(given, dimensions=("plan",), last=MAR)
    return explain.why_moved(data, before=before, after=after, by=by, window=1, **options)


# One case to add in one's head ----------------------------------------------------------------------------------------

TWO = [
    *steady("a", "Pro", 100, 120, 120), *steady("b", "Pro", 100, 100, 80),  # Pro: 200 → 220, then 220 → 200
    *steady("c", "Basic", 100, 80, 80), *steady("d", "Basic", 100, 100, 0),  # Basic: 200 → 180, then 180 → 80
]  # fmt: skip


def test_rate_and_mix_of_two_segments():
    moved = why(TWO)
    # r: Pro 1.1 → 10/11, Basic 0.9 → 4/9; w: Pro 1/2 → 11/20, Basic 1/2 → 9/20; NRR 1 → 7/10
    pro, basic = (Fraction(10, 11) - Fraction(11, 10)) * Fraction(21, 40), (Fraction(4, 9) - Fraction(9, 10)) * Fraction(19, 40)
    mean = (1 + Fraction(7, 10)) / 2
    mix = Fraction(1, 20) * ((Fraction(11, 10) + Fraction(10, 11)) / 2 - mean)
    mix -= Fraction(1, 20) * ((Fraction(9, 10) + Fraction(4, 9)) / 2 - mean)
    found = parts_of(moved)
    assert moved.change == Fraction(-3, 10)
    assert found["expansion"] + found["contraction"] + found["churn"] == pro + basic
    assert found["mix"] == mix
    assert found["expansion"] == -Fraction(1, 10) * Fraction(21, 40)
    assert sum(found.values()) == moved.change


def test_named_accounts_and_all_others_make_the_rate():
    moved = why(TWO, named=1)
    assert moved.accounts["account_id"].tolist() == ["d", OTHERS]
    assert moved.accounts["change_after_mrr"].astype(float).tolist() == [-100, -20]
    found = parts_of(moved)
    assert sum(map(Fraction, moved.accounts["effect"])) == sum(found.values()) - found["mix"]


def test_a_segment_in_one_window_only_has_its_effect_in_mix_alone():
    given = [*steady("a", "Pro", 100, 110, 121), *steady("n", "New", 0, 100, 50)]
    moved = why(given)
    effects = moved.segments.set_index(["segment", "part"])["points"]
    assert effects["New"].drop("mix").eq(0).all()
    assert effects["New", "mix"] == pytest.approx(100 / 210 * (0.5 - (1.1 + 171 / 210) / 2))
    assert "n" not in moved.accounts["account_id"].tolist()
    assert sum(parts_of(moved).values()) == moved.change


def test_without_a_dimension_everything_is_rate():
    moved = why(TWO, by=None)
    assert parts_of(moved)["mix"] == 0
    assert sum(parts_of(moved).values()) == moved.change == Fraction(-3, 10)


def test_two_segments_of_one_window():
    data = make(TWO, dimensions=("plan",), last=MAR)
    moved = explain.why_moved(data, before={"plan": ["Pro"]}, after={"plan": ["Basic"]}, window=1, close="2024-03")
    assert moved.change == Fraction(80, 180) - Fraction(200, 220)
    assert (moved.before.label, moved.after.label) == ("Pro", "Basic")
    assert sum(parts_of(moved).values()) == moved.change


def test_the_default_is_the_window_one_length_earlier():
    data = make(TWO, dimensions=("plan",), last=MAR)
    moved = explain.why_moved(data, window=1)
    assert (moved.before.close, moved.after.close) == ("2024-02", "2024-03")
    with pytest.raises(SelectionError, match="no window of 2 months before"):
        explain.why_moved(data, window=2)


def test_a_close_beside_a_filter_is_refused():
    with pytest.raises(SelectionError, match="one of each"):
        why(TWO, before={"plan": ["Pro"]}, after="2024-03")


def test_small_accounts_are_left_out_by_the_card():
    small = [*steady("a", "Pro", 100, 100, 90), *steady("b", "Pro", 5, 5, 0)]
    moved = why(small, card=Definition(min_opening_mrr=cents(50)))
    assert (moved.before.nrr, moved.after.nrr) == (1, Fraction(9, 10))


# Edges and sentences --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (steady("a", "Pro", 100, 100, 100), "NRR is 100.0% in both windows, and nothing behind it moved"),
        (
            [*steady("a", "Pro", 100, 100, 50)],
            "NRR fell 50.0 points to 50.0% in Mar 2024, from 100.0% in Feb 2024: more contraction took 50.0",
        ),
        (steady("a", "Pro", 100, 100), "NRR fell 100.0 points to 0.0% in Mar 2024, from 100.0% in Feb 2024: more churn took 100.0"),
        (
            [*steady("a", "Pro", 100, 100, 101), *steady("z", "", 0, 0, 7)],
            "NRR rose 1.0 point to 101.0% in Mar 2024, from 100.0% in Feb 2024: more expansion added 1.0",
        ),
        (
            [*steady("z", "Basic", 1, 1, 1), *steady("a", "Pro", 0, 100, 50)],
            "There is no NRR to compare: nobody paid at the open of the window closing in Feb 2024",
        ),
        (
            [*steady("a", "Pro", 100, 0, 50)],
            "There is no NRR to compare: nobody paid at the open of the window closing in Mar 2024",
        ),
    ],
)
def test_one_sentence_for_every_edge(given, sentence):
    assert explain.moved_finding(why(given, where={"plan": ["Pro"]})) == sentence


def test_parts_that_cancel_out_are_told():
    given = [*steady("a", "Pro", 100, 100, 150), *steady("b", "Pro", 100, 100, 50)]
    text = explain.moved_finding(why(given))
    assert text == "NRR is 100.0% in both windows: more expansion added 25.0 and more contraction took 25.0"


def test_without_a_value_there_is_nothing_to_draw_and_nothing_for_the_overview():
    moved = why([*steady("z", "Basic", 1, 1, 1), *steady("a", "Pro", 0, 100, 50)], where={"plan": ["Pro"]})
    assert moved.change is None
    assert moved.parts.empty
    assert moved.accounts.empty
    assert explain.moved_steps(moved).empty
    assert explain.overview_moved(moved) is None


@pytest.mark.parametrize(
    ("shown", "begins"), [(None, "NRR fell"), (0.5, "NRR fell"), (0.6, "From the opening to the close of a window, NRR fell")]
)
def test_the_overview_s_sentence_says_so_where_the_nrr_beside_it_is_another(shown, begins):
    moved = why(steady("a", "Pro", 100, 100, 50))
    assert explain.overview_moved(moved, shown=shown).text.startswith(begins)


def test_the_steps_lead_from_one_nrr_to_the_other():
    steps = explain.moved_steps(why(TWO))
    assert steps["step"].tolist() == ["NRR Feb 2024", "Expansion", "Contraction", "Churn", "Mix", "NRR Mar 2024"]
    assert steps["kind"].tolist()[0] == steps["kind"].tolist()[-1] == "total"
    assert steps["value"].iloc[:-1].sum() == pytest.approx(steps["value"].iloc[-1])
    assert "Mix" not in explain.moved_steps(why(TWO, by=None))["step"].tolist()


def test_the_detail_names_mix_segment_and_account():
    text = explain.moved_detail(why(TWO))
    assert "more of the segments of plan that keep well" in text
    assert "Basic moved it most" in text
    assert "The account with the largest effect is d (" in text


def test_accounts_without_a_value_are_a_segment():
    moved = why([*steady("a", "", 100, 100, 90), *steady("b", "Pro", 100, 100, 100)])
    assert set(moved.table["segment"]) == {"(none)", "Pro"}


def test_more_segments_than_sixty_are_folded_and_still_add_up():
    given = [line for k in range(75) for line in steady(f"a{k:02d}", f"p{k:02d}", 100 + k, 100, 90 + k % 30)]
    moved = why(given)
    assert len(moved.table) == 60
    assert moved.table["segment"].iloc[-1] == "(other)"
    assert sum(parts_of(moved).values()) == moved.change


# Random ledgers -------------------------------------------------------------------------------------------------------


def expected(at, sides, place, *, careless=False):
    """The parts by the formula, in plain loops: {part: effect}, and the effect of each account on the rate.

    ``careless`` weighs the mix by the later window's rates and total instead of the means of both.
    """
    segments = [{}, {}]
    for side, (open_, close, keep) in enumerate(sides):
        for account, months in at.items():
            s, attributes = months.get(open_, (0, None))
            if s and keep(attributes):
                segments[side].setdefault("" if place is None else attributes[place], []).append((account, s, months.get(close, (0,))[0]))
    whole = [sum(s for rows in side.values() for _, s, _ in rows) for side in segments]
    if not all(whole):
        return None, None
    total = [Fraction(sum(e for rows in side.values() for _, _, e in rows), w) for side, w in zip(segments, whole, strict=True)]
    found, people = dict.fromkeys(PARTS, Fraction(0)), {}
    for name in {*segments[0], *segments[1]}:
        opening = [sum(s for _, s, _ in side.get(name, [])) for side in segments]
        share = [Fraction(s, w) for s, w in zip(opening, whole, strict=True)]
        rates = [Fraction(sum(e for _, _, e in side.get(name, [])), s) if s else None for side, s in zip(segments, opening, strict=True)]
        known = [r for r in rates if r is not None]
        mean = known[-1] - total[1] if careless else sum(known) / len(known) - sum(total) / 2
        found["mix"] += (share[1] - share[0]) * mean
        if len(known) < 2:
            continue
        for side, sign in ((0, -1), (1, 1)):
            for account, s, e in segments[side][name]:
                effect = sign * Fraction(e - s, opening[side]) * (share[0] + share[1]) / 2
                found["expansion" if e > s else "churn" if not e else "contraction"] += effect
                people[account] = people.get(account, 0) + effect
    return found, people


def pairs(chance):
    """Sides of one random question: two windows, or two segments of one."""
    months = chance.choice([1, 3, 12])
    closes = [START + months + chance.randrange(MONTHS - months) for _ in range(2)]
    if chance.random() < 0.6:
        return months, closes, (None, None)
    first, second = chance.sample(["Basic", "Pro", "Max", "(none)"], 2)
    return months, closes[:1] * 2, (first, second)


def test_parts_are_exact_on_random_ledgers():
    chance, asked, valued, careless = random.Random(5), 0, 0, 0
    while asked < PAIRS:
        given = lines(chance, chance.randrange(1, 25))
        last = START + MONTHS - 1
        data, at = make(given, dimensions=DIMENSIONS, last=last), positions(given, last)
        for _ in range(40):
            asked += 1
            months, closes, plans = pairs(chance)
            place = chance.choice([None, 0, 1]) if plans[0] is None else chance.choice([None, 1])
            by = None if place is None else DIMENSIONS[place]
            if min(closes) - months < data.first:
                continue
            sides = [(c - months, c, (lambda a, p=p: p is None or (a[0] or "(none)") == p)) for c, p in zip(closes, plans, strict=True)]
            if plans[0] is None:
                moved = explain.why_moved(data, before=month_text(closes[0]), after=month_text(closes[1]), window=months, by=by, named=3)
            else:
                known = set(data.axis("plan").segments)
                if not set(plans) <= known:
                    continue
                first, second = ({"plan": [p]} for p in plans)
                moved = explain.why_moved(data, before=first, after=second, window=months, close=month_text(closes[0]), by=by, named=3)
            found, people = expected(at, sides, place)
            if found is None:
                assert moved.change is None
                continue
            valued += 1
            parts = parts_of(moved)
            assert parts == found
            assert sum(parts.values()) - moved.change == 0
            named = dict(zip(moved.accounts["account_id"], map(Fraction, moved.accounts["effect"]), strict=True))
            others = named.pop(OTHERS)
            assert all(people[name] == effect for name, effect in named.items())
            assert others == sum(people.values()) - sum(named.values())
            wrong, _ = expected(at, sides, place, careless=True)
            careless += sum(wrong.values()) - moved.change != 0  # the control: its mix leaves a remainder
    assert valued > PAIRS / 3
    assert careless > PAIRS / 20
