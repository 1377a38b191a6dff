"""One chart at a time: what is drawn equals what was given, and the odd cases."""

from itertools import pairwise

import pandas as pd
import pytest

from nrr_core import charts
from nrr_core.charts import theme

HOSTILE = [
    '<img src=x onerror="alert(1)">',
    "[a](javascript:alert(1))",
    "x" * 10_000,
    "🚀 emoji",
    "\u202e\u05e9\u05dc\n\x00",
    "'; datum",
]


def heights(chart):
    steps = chart.datasets["steps"]
    return dict(zip(steps["step"], (steps["f1"] - steps["f0"]).round(9), strict=True))


# waterfall ------------------------------------------------------------------------------------------------------


def test_waterfall_bars_are_as_long_as_their_amounts(frames):
    tall = heights(charts.waterfall(frames["bridge"](1000, 200, 100, 900, 0, 800)))
    assert tall["opening"] / tall["expansion"] == pytest.approx(5)
    assert tall["churn"] / tall["contraction"] == pytest.approx(9)
    assert tall["retained"] == pytest.approx(tall["expansion"])


def test_waterfall_steps_meet_where_the_last_one_ended(frames):
    steps = charts.waterfall(frames["bridge"](1000, 200, 50, 100, 30, 400)).datasets["steps"].set_index("step")
    assert steps.loc["expansion", "f0"] == pytest.approx(steps.loc["opening", "end"])
    assert steps.loc["churn", "f0"] == pytest.approx(steps.loc["retained", "end"])
    assert steps.loc["new", "f1"] == pytest.approx(steps.loc["closing", "end"])


def test_waterfall_starts_above_zero_only_where_the_totals_dwarf_the_steps(frames, svg):
    dwarfed = charts.waterfall(frames["bridge"](6_160_000, 451_000, 210_000, 574_000, 0, 1_470_000))
    assert dwarfed.caption == "The amount axis starts at $5M so the steps can be read."
    assert "$5M" in svg(dwarfed)
    assert charts.waterfall(frames["bridge"](1000, 200, 100, 900, 0, 800)).caption is None


def test_waterfall_totals_stand_on_zero_where_they_fall_below_it(frames):
    steps = charts.waterfall(frames["bridge"](100, 0, 0, 130, 0, 200)).datasets["steps"].set_index("step")
    assert steps.loc["opening", "f0"] == pytest.approx(steps.loc["retained", "f1"])
    assert steps.loc["retained", "f0"] >= 0


def test_waterfall_writes_amounts_shares_and_signs(frames, svg):
    picture = svg(charts.waterfall(frames["bridge"](1000, 200, 50, 100, 0, 400), currency="€"))
    for text in ("€1K", "+€200", "\u2212€50", "\u221210.0%", "105.0% of opening", "Retained", ">0<"):
        assert text in picture


def test_waterfall_without_opening_has_no_shares(frames):
    chart = charts.waterfall(frames["bridge"](0, 0, 0, 0, 0, 400))
    assert not chart.datasets["steps"]["share_text"].any()
    assert "of opening" not in chart.alt


@pytest.mark.parametrize("frame", ["none", "zero"])
def test_waterfall_without_amounts_is_a_sentence(frames, svg, frame):
    steps = frames["bridge"](0, 0, 0, 0, 0, 0)
    picture = svg(charts.waterfall(steps if frame == "zero" else steps.head(0)))
    assert "No recurring revenue in this window." in picture


def test_waterfall_lies_down_on_phones(frames, svg):
    chart = charts.waterfall(frames["bridge"](1000, 200, 50, 100, 0, 400))
    assert 'text-anchor="end" transform="translate(94,' in svg(chart, width=358)
    assert 'text-anchor="end" transform="translate(94,' not in svg(chart, width=900)


# trend ----------------------------------------------------------------------------------------------------------


def test_trend_plots_the_values_given(frames):
    points = frames["trend_points"]()
    placed = charts.trend(points).datasets["points"]
    assert sorted(placed["value"]) == sorted(points["value"])
    slope = placed["fy"].diff() / placed["value"].diff()
    assert slope.dropna().max() == pytest.approx(slope.min())


def test_trend_labels_line_ends_and_the_partial_month(frames, svg):
    picture = svg(charts.trend(frames["trend_points"]()))
    for text in ("NRR 100.0%", "GRR 95.0%", "Logos 85.0%", "partial", "100%"):
        assert text in picture


def test_trend_end_labels_keep_apart(frames):
    points = frames["trend_points"]().assign(value=0.9)
    places = sorted(charts.trend(points).datasets["ends"]["fy"])
    assert all(b - a > 0.05 for a, b in pairwise(places))


def test_trend_leaves_a_gap_at_an_undefined_month(frames):
    points = frames["trend_points"]()
    points.loc[2, "value"] = None
    placed = charts.trend(points).datasets["points"]
    assert len(placed) == len(points) - 1
    assert placed[placed["series"] == "nrr"]["line"].nunique() == 2


def test_trend_says_dash_for_an_undefined_month(frames):
    points = frames["trend_points"]()
    points.loc[0, "value"] = None
    assert charts.trend(points).datasets["months"]["said"][0].startswith("Jan 2025: NRR \u2013, GRR 90.0%")


def test_trend_of_one_month_and_of_nothing(frames, svg):
    assert "NRR 95.0%" in svg(charts.trend(frames["trend_points"](1)))
    assert "No month has a full window" in svg(charts.trend(frames["trend_points"]().head(0)))
    assert "No month has a full window" in svg(charts.trend(frames["trend_points"]().assign(value=None)))


def test_trend_draws_an_interval(frames):
    points = frames["trend_points"]()
    chart = charts.trend(points.assign(lower=points["value"] - 0.1, upper=points["value"] + 0.1))
    placed = chart.datasets["points"]
    assert ((placed["fy"] - placed["f_lower"]) - (placed["f_upper"] - placed["fy"])).abs().max() < 1e-9


# cohorts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "step"), [(0.799, 0), (0.8, 1), (0.9899, 4), (0.99, 5), (1.0, 5), (1.01, 6), (1.1999, 9), (1.2, 10)])
def test_heat_steps_begin_at_their_stop(value, step):
    assert theme.heat_bin(value) == step


def test_heatmap_puts_the_average_first_and_writes_percentages(frames, svg):
    chart = charts.heatmap(frames["cohort_cells"]())
    assert chart.datasets["rows"]["label"].iloc[0] == "All cohorts"
    picture = svg(chart)
    assert ">98%<" in picture
    assert "Months since first payment" in picture


def test_heatmap_ink_flips_on_dark_cells(frames, svg):
    cells = frames["cohort_cells"](1, 2).assign(value=0.7)
    assert 'fill="#ffffff">70%' in svg(charts.heatmap(cells))


def test_heatmap_of_36_by_36_stays_drawable(frames):
    chart = charts.heatmap(frames["cohort_cells"](36, 36))
    assert len(chart.datasets["cells"]) == 666 + 36
    assert sum(len(chart.datasets[layer["data"]["name"]]) for layer in chart.spec["layer"]) < 2000


def test_heatmap_above_900_cells_leaves_numbers_to_tooltips(frames):
    assert not charts.heatmap(frames["cohort_cells"](45, 45)).datasets["cells"]["wordy"].any()


def test_heatmap_skips_undefined_cells(frames):
    cells = frames["cohort_cells"]()
    cells.loc[1, "value"] = None
    assert len(charts.heatmap(cells).datasets["cells"]) == len(cells) - 1


@pytest.mark.parametrize("chart", [charts.heatmap, charts.curves])
def test_cohort_charts_of_nothing_are_a_sentence(frames, svg, chart):
    assert "No cohort has a full period" in svg(chart(frames["cohort_cells"]().head(0)))


@pytest.mark.parametrize("chart", [charts.heatmap, charts.curves])
def test_cohort_charts_of_one_cohort_at_age_zero(frames, svg, chart):
    assert "NaN" not in svg(chart(frames["cohort_cells"](1, 1)))


def test_losses_only_legend_for_gross_retention(frames, svg):
    assert "120%" not in svg(charts.heatmap(frames["cohort_cells"](), measure="grr"))


def test_curves_put_oldest_newest_and_average_in_front(frames):
    ends = charts.curves(frames["cohort_cells"](4, 4)).datasets["ends"]
    assert dict(zip(ends["role"], ends["label"], strict=True)) == {
        "average": "All cohorts",
        "oldest": "c00",
        "newest": "c02",  # c03 has only its first month, 100 % by definition
    }


# segments -------------------------------------------------------------------------------------------------------


def test_segments_grow_from_the_100_percent_line(frames):
    bars = charts.segments(frames["segment_bars"]()).datasets["bars"].set_index("segment")
    assert bars.loc["a", "f"] - bars.loc["a", "f_one"] == pytest.approx(bars.loc["c", "f_one"] - bars.loc["c", "f"])
    assert list(bars["kind"]) == ["gain", "gain", "loss"]


def test_segments_write_value_base_and_total(frames, svg):
    picture = svg(charts.segments(frames["segment_bars"]()))
    for text in ("110.0%", "n = 100 · $9K opening", "All 95.0%"):
        assert text in picture


def test_small_base_is_grey_and_says_so(frames):
    bars = charts.segments(frames["segment_bars"](), min_base=100).datasets["bars"].set_index("segment")
    assert list(bars["kind"]) == ["gain", "small", "small"]
    assert "small base" in bars.loc["b", "said"]


def test_segment_without_value_is_a_dash(frames, svg):
    bars = frames["segment_bars"]()
    bars.loc[1, "value"] = None
    chart = charts.segments(bars)
    assert list(chart.datasets["bars"]["segment"]) == ["b", "c"]
    assert ">\u2013<" in svg(chart)


def test_thirty_segments_fold_into_other_by_their_weights(frames):
    names = [f"s{k}" for k in range(30)]
    bars = frames["segment_bars"](names).assign(value=0.5, opening_mrr=100.0)
    chart = charts.segments(bars)
    other = chart.datasets["bars"].set_index("segment").loc["(other)"]
    assert len(chart.datasets["bars"]) == 25
    assert (other["value"], other["opening_mrr"]) == (0.5, 600.0)
    assert chart.caption == "The 6 smallest segments are shown together as (other)."


def test_segments_sort_by_value_or_size(frames):
    bars = frames["segment_bars"]()
    bars["opening_mrr"] = [1.0, 1.0, 2.0, 3.0]
    assert list(charts.segments(bars).datasets["rows"]["segment"]) == ["c", "b", "a"]
    assert list(charts.segments(bars, sort="value").datasets["rows"]["segment"]) == ["a", "b", "c"]


def test_no_segment_is_a_sentence(frames, svg):
    assert "No segment had revenue" in svg(charts.segments(frames["segment_bars"]().head(0)))
    assert "No segment had revenue" in svg(charts.segments(frames["segment_bars"](())))


# matrix, multiples, history -------------------------------------------------------------------------------------


def test_matrix_greys_small_bases(frames, svg):
    chart = charts.matrix(frames["matrix_cells"]())
    assert set(chart.datasets["cells"].query("small")["row"]) == {"y"}
    assert chart.caption == "Grey: fewer than 10 accounts."
    assert "n = 25 · $1K" in svg(chart)


def test_matrix_keeps_twelve_of_each_side(frames):
    chart = charts.matrix(frames["matrix_cells"]([f"v{k:02d}" for k in range(15)]), min_base=0)
    assert len(chart.datasets["rows"]) == 12
    assert chart.caption == "6 smaller segments are in the table only."


def test_empty_matrix_is_a_sentence(frames, svg):
    assert "No combination" in svg(charts.matrix(frames["matrix_cells"]().head(0)))


def test_multiples_share_their_range(frames):
    points = frames["segment_points"]()
    low, high = charts.shared_range(points)
    first = charts.multiples(points, segment="a", low=low, high=high).datasets["values"]
    second = charts.multiples(points.assign(value=1.0), segment="b", low=low, high=high).datasets["values"]
    pd.testing.assert_frame_equal(first, second)


def test_multiple_of_an_unknown_segment_is_a_sentence(frames, svg):
    chart = charts.multiples(frames["segment_points"](), segment="z", low=0.9, high=1.1)
    assert "No full window yet." in svg(chart)


def test_history_marks_each_movement(frames, svg):
    picture = svg(charts.history(frames["account_months"]()))
    for text in ("▲", "▼", "✕", "↺", "+$50", "\u2212$120"):
        assert text in picture


def test_history_of_an_account_that_never_paid_is_a_sentence(frames, svg):
    months = frames["account_months"]().assign(mrr=0.0)
    assert "never paid" in svg(charts.history(months))
    assert "never paid" in svg(charts.history(months.head(0)))


# hostile names --------------------------------------------------------------------------------------------------


def hostile_charts(frames):
    cells = pd.concat([frames["cohort_cells"](1, 2).assign(cohort=name) for name in HOSTILE], ignore_index=True)
    points = frames["segment_points"](HOSTILE)
    yield charts.segments(frames["segment_bars"](HOSTILE))
    yield charts.matrix(frames["matrix_cells"](HOSTILE))
    yield charts.heatmap(cells)
    yield charts.curves(cells)
    yield charts.multiples(points, segment=HOSTILE[0], low=0.9, high=1.1)
    yield charts.trend(points.rename(columns={"segment": "series"}))


def test_hostile_names_are_plain_short_text(frames, svg):
    for chart in hostile_charts(frames):
        picture = svg(chart)
        assert "<img" not in picture
        assert "<a " not in picture
        assert "x" * 100 not in picture
        assert "\u202e" not in chart.alt
        assert len(chart.alt) < 3000


def test_a_click_returns_the_whole_name(frames):
    assert set(charts.segments(frames["segment_bars"](HOSTILE)).datasets["bars"]["segment"]) == set(HOSTILE)


def test_conventions_say_every_value_and_mark_the_one_in_force(frames):
    chart = charts.conventions(frames["convention_rows"]())
    dots = chart.datasets["dots"]
    assert dots["text"].tolist() == ["90.7%", "74.1%", "103.7%"]
    assert dots["kind"].tolist() == ["loss", "loss", "gain"]
    assert dots["chosen"].tolist() == [True, False, False]
    assert "way 3: NRR –" in chart.alt


def test_conventions_without_a_value_say_so(frames):
    chart = charts.conventions(frames["convention_rows"]((None, None)))
    assert chart.datasets["notice"]["text"].tolist() == [chart.alt]
