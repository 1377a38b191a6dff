"""Targets in charts: lines across the trend, ticks on the bars."""

import pytest

from nrr_core import charts


def test_a_target_is_a_line_in_the_colour_of_its_measure(frames, svg):
    chart = charts.trend(frames["trend_points"](), targets={"nrr": 1.05, "grr": 0.5})
    lines = chart.datasets["targets"].set_index("text")
    assert lines["role"].to_dict() == {"Target NRR 105.0%": "accent", "Target GRR 50.0%": "total"}
    ticks = [
        (float(text.rstrip("%")) / 100, place) for text, place in zip(*(chart.datasets["values"][c] for c in ("text", "fy")), strict=True)
    ]
    (low, at_low), (high, at_high) = ticks[0], ticks[-1]
    assert lines.loc["Target GRR 50.0%", "fy"] == pytest.approx(at_low + (0.5 - low) / (high - low) * (at_high - at_low))
    assert lines["fy"].between(0, 1).all()
    assert "Target NRR 105.0%" in svg(chart)
    assert "Target NRR 105.0%." in chart.alt


def test_a_target_of_what_is_not_drawn_is_no_line(frames):
    assert charts.trend(frames["trend_points"](), targets={"churn_rate": 0.1}).datasets["targets"].empty
    assert charts.trend(frames["trend_points"]()).datasets["targets"].empty


def test_a_target_of_a_segment_is_a_tick_on_its_bar_and_in_the_tooltip(frames, svg):
    bars = frames["segment_bars"]().assign(target=[None, 1.4, None, 0.9])
    chart = charts.segments(bars)
    drawn = chart.datasets["bars"].set_index("segment")
    assert drawn["f_target"].notna().to_dict() == {"a": True, "b": False, "c": True}
    assert drawn["aim"].to_dict() == {"a": "140.0%", "b": "–", "c": "90.0%"}
    assert drawn["f_target"].dropna().between(0, 1).all()
    assert svg(chart) != svg(charts.segments(frames["segment_bars"]()))


def test_whiskers_stand_where_the_interval_ends(frames):
    bars = frames["segment_bars"]()
    chart = charts.segments(bars.assign(lower=bars["value"] - 0.05, upper=bars["value"] + 0.05))
    drawn = chart.datasets["bars"]
    assert (drawn["f"] - drawn["f_lower"]).tolist() == pytest.approx((drawn["f_upper"] - drawn["f"]).tolist())
    assert drawn["interval"].tolist()[0] == "105.0% to 115.0%"
