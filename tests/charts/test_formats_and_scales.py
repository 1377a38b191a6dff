"""Short numbers, round axes, labels that keep apart."""

import math
from decimal import Decimal
from itertools import pairwise

import pytest

from nrr_core import formats
from nrr_core.charts import scales
from nrr_core.charts.plane import month_ticks, runs


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (6_160_000, "$6.16M"),
        (451_200, "$451K"),
        (-574_000, "\u2212$574K"),
        (0, "$0"),
        (999_999, "$1M"),
        (12.5, "$12.5"),
        (0.04, "$0.04"),
        (3e15, "$3,000T"),
        (math.nan, "\u2013"),
    ],
)
def test_money_has_three_digits(amount, text):
    assert formats.money_text(amount) == text


def test_gains_are_signed_where_asked():
    assert formats.money_text(451_000, signed=True) == "+$451K"
    assert formats.money_text(5, currency="") == "5"


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(0.946, "94.6%"), (None, "\u2013"), (math.nan, "\u2013"), (-0.00001, "0.0%"), (12.5, "1,250.0%")],
)
def test_percentages(ratio, text):
    assert formats.percent_text(ratio) == text


def test_names_lose_control_characters_and_length():
    assert formats.plain_text("a\x00b\n\u202ec") == "a b c"
    assert len(formats.plain_text("x" * 10_000)) == 60


@pytest.mark.parametrize("values", [[0.5], [0.9, 1.1], [1e9, -3.0], [], [0.0, 0.0], [1.0, 1.0000001]])
def test_axis_holds_every_value_between_its_ends(values):
    axis = scales.nice_axis(values)
    assert all(-1e-9 <= axis.fraction(value) <= 1 + 1e-9 for value in values)
    assert axis.ticks[0] == pytest.approx(axis.low)
    assert axis.ticks[-1] == pytest.approx(axis.high)
    assert 2 <= len(axis.ticks) <= 9


@pytest.mark.parametrize("places", [[0.5, 0.5, 0.5], [0.0, 0.01], [1.0, 0.99, 0.2], [0.1]])
def test_spread_keeps_order_gap_and_bounds(places):
    moved = scales.spread(places, gap=0.1)
    ordered = [moved[i] for i in sorted(range(len(places)), key=lambda i: places[i])]
    assert all(b - a >= 0.1 - 1e-9 for a, b in pairwise(ordered))
    assert 0 <= min(moved) <= max(moved) <= 1


def test_month_ticks_are_even_and_end_with_the_last_month():
    ticks = month_ticks(["2024-01", "2025-12"])
    assert list(ticks["text"]) == ["Jun 2024", "Dec 2024", "Jun 2025", "Dec 2025"]
    assert ticks["fx"].iloc[-1] == 1


def test_runs_break_at_gaps():
    assert runs([True, True, False, True]) == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("difference", "text"),
    [(0.013, "+1.3 pt"), (-0.0041, "\u22120.4 pt"), (-0.00001, "0.0 pt"), (math.nan, "\u2013"), (12.5, "+1,250.0 pt")],
)
def test_points_are_signed(difference, text):
    assert formats.points_text(difference) == text


def test_floats_read_exact_decimals_and_leave_the_rest_out():
    first, *rest = scales.floats([Decimal("1.5"), None, math.inf, "x"])
    assert first == 1.5
    assert all(math.isnan(value) for value in rest)


def test_labels_that_stay_are_the_largest_and_keep_apart():
    assert scales.apart([1, -3, 2], [0.0, 0.1, 0.2], gap=0.15) == [False, True, False]
    assert scales.apart([1, -3, 2], [0.0, 0.1, 0.3], gap=0.15) == [False, True, True]


@pytest.mark.parametrize("levels", [[1.0, 1.001], [0.2, 1.0], [1.0, 1.0], [0.0, 0.0], [-0.1, 0.5], [0.95, 0.963, 0.959]])
def test_bridge_axis_holds_every_level_and_starts_at_zero_or_above_where_it_can(levels):
    axis = scales.cut_axis(levels, least=0.01)
    assert all(-1e-9 <= axis.fraction(level) <= 1 + 1e-9 for level in levels)
    assert axis.low <= 0 or axis.low < min(levels)
    assert axis.low < axis.high
    assert axis.ticks
