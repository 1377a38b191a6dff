"""The charts for what-if: what is drawn equals what was given, and the odd cases."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pandas as pd
import pytest

from nrr_core import charts

HOSTILE = [
    '<img src=x onerror="alert(1)">',
    "[a](javascript:alert(1))",
    "x" * 10_000,
    "\u202e\u05e9\u05dc\n\x00",
    "'; datum",
]


@pytest.fixture
def fan(frames):
    """The fan of the points made with ``points=…``; other options go to the chart."""

    def draw(points=None, **options):
        return frames["fan_chart"](*frames["fan_points"](**(points or {})), **options)

    return draw


# fan ------------------------------------------------------------------------------------------------------------


def test_fan_plots_the_values_given_on_one_time_axis(fan):
    placed = fan().datasets["points"].set_index(["series", "month"])
    assert placed.loc[("history", "2025-01"), "fx"] == 0
    assert placed.loc[("scenario", "2025-09"), "fx"] == 1
    steps = placed.loc["scenario"]["fy"].diff().dropna()
    assert steps.max() == pytest.approx(steps.min())
    assert placed.loc["baseline"]["fy"].diff().dropna().eq(0).all()


def test_forecasts_and_bands_begin_where_history_ends(fan):
    datasets = fan().datasets
    points = datasets["points"].set_index(["series", "month"])
    assert points.loc[("scenario", "2025-06"), "fy"] == points.loc[("history", "2025-06"), "fy"]
    first = datasets["bands"][datasets["bands"]["month"] == "2025-06"]
    assert list(first["f_low"]) == list(first["f_high"]) == [points.loc[("history", "2025-06"), "fy"]] * 3


def test_bands_lie_within_each_other_widest_at_the_back(fan):
    bands = fan().datasets["bands"]
    last = bands[bands["month"] == "2025-09"]
    assert list(last["share"]) == [0.95, 0.8, 0.5]
    assert last["f_low"].is_monotonic_increasing
    assert last["f_high"].is_monotonic_decreasing


def test_fan_labels_line_ends_target_and_the_end_of_history(fan, svg):
    picture = svg(fan(target=1.02))
    for text in ("Scenario 98.0%", "Baseline 95.0%", "Target 102.0%", "History, last 95.0%", "Forecast"):
        assert text in picture


def test_fan_end_labels_keep_apart(fan):
    datasets = fan({"scenario": 0.0001}, target=0.951).datasets
    last = datasets["points"].query("month == '2025-09'")["fy"]

    def apart(places):
        return all(b - a > 0.05 for a, b in pairwise(sorted(places)))

    assert len(datasets["ends"]) == 3
    assert apart(datasets["ends"]["fy"])
    assert not apart([*last, *datasets["target"]["fy"]])  # where the labels would stand if nobody moved them


def test_fan_caption_names_bands_and_range(fan):
    assert fan().caption == "Bands: 50, 80 and 95 % of simulated outcomes. The vertical axis runs from 92% to 102%, not from zero."


def test_fan_column_reads_all_values_and_bands_of_its_month(fan):
    months = fan().datasets["months"].set_index("month")["said"]
    assert months["2025-06"] == "Jun 2025: NRR 95.0%"
    assert months["2025-07"] == (
        "Jul 2025: scenario 96.0%, baseline 95.0%, 50 % of outcomes 95.0% to 97.0%, "
        "80 % of outcomes 94.0% to 98.0%, 95 % of outcomes 93.0% to 99.0%"
    )


def test_fan_says_both_ends_and_the_target(fan):
    said = fan(target=1.02).alt
    for text in ("9 months", "First, Jan 2025: NRR 95.0%", "End of history, Jun 2025", "Last, Sep 2025: scenario 98.0%", "Target 102.0%."):
        assert text in said


def test_baseline_equal_to_the_scenario_is_not_drawn(fan):
    chart = fan({"scenario": 0.0})
    assert set(chart.datasets["points"]["series"]) == {"history", "scenario"}
    assert "The scenario equals the baseline." in chart.caption
    assert "baseline" in set(fan({"scenario": 1e-6}).datasets["points"]["series"])


def test_fan_in_money_starts_at_zero_only_where_that_is_natural(fan, svg):
    high = fan({"scale": 6_000_000.0}, unit="money", measure="MRR")
    assert high.caption.endswith("The vertical axis runs from $5.4M to $6.2M, not from zero.")
    assert "Scenario $5.88M" in svg(high)
    low = fan({"scale": 100.0, "scenario": -0.3}, unit="money", currency="CHF ")
    assert "not from zero" not in low.caption
    assert "CHF 0" in svg(low)


def test_fan_has_a_hundred_percent_line_for_ratios_only(fan):
    assert fan().datasets["values"]["strong"].sum() == 1
    assert not fan({"scale": 100.0}, unit="money").datasets["values"]["strong"].any()


def test_fan_reads_exact_decimals(frames):
    points, bands, start = frames["fan_points"](scale=1000.0)
    exact = points.assign(value=[Decimal(str(value)) for value in points["value"]])
    placed = charts.fan(exact, bands, unit="money", target=Decimal(900), start=start).datasets
    assert list(placed["points"]["value"]) == list(charts.fan(points, bands, unit="money", start=start).datasets["points"]["value"])
    assert len(placed["target"]) == 1


def test_fan_leaves_a_gap_at_an_undefined_month(frames):
    points, bands, start = frames["fan_points"]()
    points.loc[2, "value"] = None
    chart = charts.fan(points, bands, start=start)
    assert chart.datasets["points"].query("series == 'history'")["line"].nunique() == 2
    assert "Mar 2025: NRR \u2013" in set(chart.datasets["months"]["said"])


def test_forecast_without_a_last_value_stands_alone(frames):
    points, bands, start = frames["fan_points"]()
    points.loc[5, "value"] = None
    placed = charts.fan(points, bands, start=start).datasets
    assert set(placed["points"].query("series == 'scenario'")["month"]) == {"2025-07", "2025-08", "2025-09"}
    assert "2025-06" not in set(placed["bands"]["month"])


@pytest.mark.parametrize("width", [380, 900])
@pytest.mark.parametrize(
    ("points", "texts"),
    [
        ({"history": 1, "forecast": 0}, ["History 95.0%"]),
        ({"history": 1, "forecast": 1}, ["Scenario 96.0%", "Forecast"]),
        ({"history": 0, "forecast": 1}, ["Scenario 96.0%"]),
        ({"history": 36, "forecast": 36}, ["Scenario 131.0%", "History"]),
    ],
)
def test_fan_of_one_month_or_of_many(fan, svg, points, texts, width):
    picture = svg(fan(points), width=width)
    assert "NaN" not in picture
    for text in texts:
        assert text in picture


def test_fan_of_six_years_stays_drawable(fan):
    chart = fan({"history": 36, "forecast": 36})
    assert sum(len(chart.datasets[layer["data"]["name"]]) for layer in chart.spec["layer"]) < 2000


def test_fan_without_bands_names_none(frames, svg):
    points, _, start = frames["fan_points"]()
    chart = charts.fan(points, pd.DataFrame(), start=start)
    assert chart.caption == "The vertical axis runs from 95% to 100%, not from zero."
    assert "NaN" not in svg(chart)


@pytest.mark.parametrize("case", ["none", "undefined"])
def test_fan_of_nothing_is_a_sentence(frames, svg, case):
    points, bands, start = frames["fan_points"]()
    points = points.head(0) if case == "none" else points.assign(value=None)
    assert "neither history nor forecast" in svg(charts.fan(points, bands, start=start))


def test_fan_of_values_below_zero(frames, svg):
    points, bands, start = frames["fan_points"]()
    negative = charts.fan(points.assign(value=-50.0), bands.head(0), unit="money", start=start)
    assert "Scenario \u2212$50" in svg(negative)
    assert negative.datasets["points"]["fy"].between(0, 1).all()


# tornado --------------------------------------------------------------------------------------------------------


def test_tornado_sorts_by_swing(frames):
    rows = frames["lever_rows"]()
    assert list(charts.tornado(rows.iloc[::-1], base=0.95).datasets["rows"]["lever"]) == ["price", "churn", "seats"]


def test_tornado_in_which_nothing_moves_anything_has_rows_and_no_bars(frames, svg):
    rows = frames["lever_rows"]().assign(low=0.5, high=0.5)
    chart = charts.tornado(rows, base=0.5)
    assert (len(chart.datasets["rows"]), len(chart.datasets["bars"])) == (3, 0)
    assert "churn" in svg(chart)


def test_tornado_grows_from_the_base_case_in_the_colour_of_its_side(frames):
    bars = charts.tornado(frames["lever_rows"](), base=0.95).datasets["bars"].set_index(["lever", "change"])
    assert bars.loc[("price", "+10 %"), "kind"] == "gain"
    assert bars.loc[("churn", "+10 %"), "kind"] == "loss"
    long, short = bars.loc[("price", "+10 %")], bars.loc[("seats", "+10 %")]
    assert (long["f"] - long["f_base"]) / (short["f"] - short["f_base"]) == pytest.approx(5 / 3)


def test_tornado_writes_step_value_and_base(frames, svg):
    chart = charts.tornado(frames["lever_rows"](), base=0.95)
    picture = svg(chart)
    for text in ("+10 % → 100.0%", "\u221210 % → 91.0%", "Base case 95.0%", "price"):
        assert text in picture
    assert chart.caption == "Bars start at the base case, 95.0%."
    assert "price, +10 %: NRR 100.0%, +5.0 pt against the base case" in set(chart.datasets["bars"]["said"])
    assert "price: \u221210 % → 91.0%, +10 % → 100.0%" in chart.alt


def test_tornado_puts_step_and_value_on_two_lines_on_phones(frames, svg):
    picture = svg(charts.tornado(frames["lever_rows"](), base=0.95), width=380)
    assert ">+10 % →<" in picture
    assert ">100.0%<" in picture
    assert "→ 100.0%" not in picture


def test_texts_of_two_ends_on_one_side_stand_on_both(frames):
    rows = frames["lever_rows"](["price"]).assign(low=0.96, high=0.99)
    bars = charts.tornado(rows, base=0.95).datasets["bars"].set_index("change")
    assert list(bars["kind"]) == ["gain", "gain"]
    assert not bars.loc["+10 %", "left"]
    assert bars.loc["\u221210 %", "left"]
    assert bars.loc["\u221210 %", "f_label"] == bars.loc["\u221210 %", "f_base"]


def test_lever_without_effect_or_value_says_so(frames, svg):
    rows = frames["lever_rows"](["flat", "unknown", "half"])
    rows[["low", "high"]] = [[0.95, 0.95], [None, None], [None, 0.9]]
    chart = charts.tornado(rows, base=0.95)
    assert list(chart.datasets["bars"]["lever"]) == ["half"]
    assert dict(zip(chart.datasets["rows"]["lever"], chart.datasets["rows"]["note"], strict=True)) == {
        "half": "",
        "flat": "no effect",
        "unknown": "\u2013",
    }
    assert "no effect" in svg(chart)


@pytest.mark.parametrize(
    ("count", "rest"),
    [(14, ""), (15, " 1 lever with less effect is in the table only."), (20, " 6 levers with less effect are in the table only.")],
)
def test_tornado_keeps_fourteen_levers(frames, count, rest):
    chart = charts.tornado(frames["lever_rows"]([f"l{k}" for k in range(count)]), base=0.95)
    assert len(chart.datasets["rows"]) == 14
    assert chart.caption == f"Bars start at the base case, 95.0%.{rest}"


def test_tornado_of_one_lever_and_below_zero(frames, svg):
    assert "NaN" not in svg(charts.tornado(frames["lever_rows"](["price"]), base=0.95))
    negative = charts.tornado(frames["lever_rows"](["price"]).assign(low=-0.1, high=0.0), base=-0.05)
    assert "\u221210 % → \u221210.0%" in svg(negative)


@pytest.mark.parametrize("case", ["no lever", "no base"])
def test_tornado_of_nothing_is_a_sentence(frames, svg, case):
    rows = frames["lever_rows"]()
    chart = charts.tornado(rows.head(0), base=0.95) if case == "no lever" else charts.tornado(rows, base=float("nan"))
    assert "No lever has been varied yet." in svg(chart)


# effects --------------------------------------------------------------------------------------------------------


def test_effects_lead_from_the_baseline_to_the_scenario(frames):
    steps = charts.effects(frames["effect_steps"](0.013, -0.004)).datasets["steps"].set_index("step")
    assert steps.loc["lever 0", "f0"] == pytest.approx(steps.loc["Baseline", "end"])
    assert steps.loc["lever 1", "f1"] == pytest.approx(steps.loc["lever 0", "end"])
    assert steps.loc["lever 1", "f0"] == pytest.approx(steps.loc["Scenario", "end"])
    tall = steps["f1"] - steps["f0"]
    assert tall["lever 0"] / tall["lever 1"] == pytest.approx(13 / 4)


def test_effects_write_levels_points_and_where_the_axis_starts(frames, svg):
    chart = charts.effects(frames["effect_steps"](0.013, -0.004, 0.0))
    picture = svg(chart)
    for text in ("95.0%", "+1.3 pt", "\u22120.4 pt", "0.0 pt", "95.9%"):
        assert f">{text}<" in picture
    assert chart.caption == "The axis starts at 94.5%, not at zero, so the steps can be read."
    assert list(chart.datasets["steps"]["kind"]) == ["total", "gain", "loss", "none", "total"]


def test_effects_from_zero_say_nothing_about_the_axis(frames):
    chart = charts.effects(frames["effect_steps"](0.3, baseline=0.1))
    assert chart.caption is None
    assert not chart.datasets["steps"]["broken"].any()


def test_effects_say_every_step(frames):
    assert charts.effects(frames["effect_steps"](0.013)).alt == (
        "NRR from baseline to scenario. Baseline: NRR 95.0%; lever 0: +1.3 pt; Scenario: NRR 96.3%."
    )


@pytest.mark.parametrize(("count", "width", "lying"), [(3, 900, False), (12, 900, True), (0, 380, True), (12, 1400, False)])
def test_effects_lie_down_where_names_have_no_room(frames, svg, count, width, lying):
    picture = svg(charts.effects(frames["effect_steps"](*[0.001] * count)), width=width)
    names = f'text-anchor="end" transform="translate({108 if width < 600 else 250},'
    assert (names in picture) is lying


def test_effects_too_small_to_see_do_not_fill_the_chart(frames):
    chart = charts.effects(frames["effect_steps"](0.0001))
    assert chart.datasets["ticks"]["text"].is_unique
    tiny = chart.datasets["steps"].iloc[1]
    assert tiny["f1"] - tiny["f0"] < 0.05


@pytest.mark.parametrize(("value", "kind"), [(0.0004, "none"), (-0.0004, "none"), (0.0006, "gain"), (-0.0006, "loss")])
def test_a_step_that_reads_as_no_change_has_no_colour_of_one(frames, value, kind):
    assert charts.effects(frames["effect_steps"](value)).datasets["steps"]["kind"][1] == kind


def test_effects_of_fourteen_steps_have_room_each(frames):
    assert charts.effects(frames["effect_steps"](*[0.001] * 12)).height >= 14 * 30


def test_long_names_of_steps_wrap_and_keep_per_cent_signs_with_their_numbers(frames):
    steps = frames["effect_steps"](0.01).replace("lever 0", "Enterprise downgrades halved and churn of SMB \u221210 %")
    row = charts.effects(steps).datasets["steps"].iloc[1]
    assert row["under"].split("\n")[:2] == ["Enterprise", "downgrades"]
    assert all(len(line) <= 13 for line in row["under"].split("\n"))
    assert row["under"].endswith("…")
    plain = frames["effect_steps"](0.01).replace("lever 0", "Seat expansion +5 %")
    assert charts.effects(plain).datasets["steps"]["under"][1] == "Seat\nexpansion\n+5\u00a0%"


def test_step_without_a_value_changes_nothing(frames, svg):
    steps = frames["effect_steps"](0.01, 0.02)
    steps.loc[1, "value"] = None
    placed = charts.effects(steps)
    assert placed.datasets["steps"]["end"][1] == placed.datasets["steps"]["end"][0]
    assert ">\u2013<" in svg(placed)
    assert placed.datasets["steps"]["kind"][1] == "none"


@pytest.mark.parametrize("baseline", [0.0, 0.95, -0.05])
@pytest.mark.parametrize("effect", [(), (0.0,), (-0.2,), (0.00001,)])
def test_effects_of_odd_numbers_stay_inside(frames, svg, baseline, effect):
    chart = charts.effects(frames["effect_steps"](*effect, baseline=baseline))
    assert "NaN" not in svg(chart)
    assert chart.datasets["steps"][["f0", "f1"]].stack().between(-1e-9, 1 + 1e-9).all()  # noqa: PD013 - all values at once


def test_effects_of_one_row_is_the_baseline_alone(frames, svg):
    assert ">95.0%<" in svg(charts.effects(frames["effect_steps"]().head(1)))


@pytest.mark.parametrize("case", ["none", "undefined"])
def test_effects_without_a_baseline_is_a_sentence(frames, svg, case):
    steps = frames["effect_steps"](0.01)
    steps = steps.head(0) if case == "none" else steps.assign(value=None)
    assert "there is no baseline" in svg(charts.effects(steps))


# runway ---------------------------------------------------------------------------------------------------------


def test_runway_stacks_open_on_decided(frames):
    bars = charts.runway(frames["contract_ends"]()).datasets["bars"].set_index(["month", "state"])
    decided, still_open = bars.loc[("2025-01", "decided")], bars.loc[("2025-01", "open")]
    assert decided["f0"] == 0
    assert still_open["f0"] == decided["f1"]
    assert (still_open["f1"] - still_open["f0"]) / decided["f1"] == pytest.approx(3)


def test_runway_writes_totals_and_a_key_with_sums(frames, svg):
    picture = svg(charts.runway(frames["contract_ends"](), currency="CHF "))
    for text in (">CHF 400<", "Decided CHF 400 (4 accounts)", "Open CHF 1.21K (12 accounts)"):
        assert text in picture


def test_runway_column_reads_its_month_and_click_returns_it(frames):
    months = charts.runway(frames["contract_ends"]()).datasets["months"].set_index("month")["said"]
    assert months["2025-02"] == "Feb 2025: decided $100 (1 account), open $301 (3 accounts)"


def test_runway_shows_months_in_which_nothing_ends(frames):
    rows = frames["contract_ends"]()
    months = charts.runway(rows[rows["month"] != "2025-03"]).datasets["months"]
    assert list(months["month"]) == ["2025-01", "2025-02", "2025-03", "2025-04"]
    assert months["said"][2] == "Mar 2025: none"


def test_runway_bars_and_totals_stand_in_the_middle_of_their_columns(frames):
    datasets = charts.runway(frames["contract_ends"]()).datasets
    assert list(datasets["months"]["fx"]) == pytest.approx([0.125, 0.375, 0.625, 0.875])
    assert list(datasets["totals"]["fx"]) == list(datasets["months"]["fx"])
    assert list(datasets["times"]["fx"]) == list(datasets["months"]["fx"])


def test_runway_says_sums_and_the_heaviest_month(frames):
    assert charts.runway(frames["contract_ends"]()).alt == (
        "Contract ends by month, Jan 2025 to Apr 2025: decided $400 (4 accounts), open $1.21K (12 accounts). "
        "Most in Apr 2025: decided $100 (1 account), open $303 (3 accounts)."
    )


def test_runway_names_only_the_states_there_are(frames):
    rows = frames["contract_ends"]()
    assert list(charts.runway(rows[rows["state"] == "open"]).datasets["keys"]["text"]) == ["Open $1.21K (12 accounts)"]


@pytest.mark.parametrize("width", [380, 900])
@pytest.mark.parametrize("count", [1, 36])
def test_runway_of_one_month_and_of_three_years(frames, svg, count, width):
    chart = charts.runway(frames["contract_ends"](count))
    assert "NaN" not in svg(chart, width=width)
    shown, gap = ("on_phones", 0.16) if width < 600 else ("labelled", 0.055)
    assert all(b - a >= gap for a, b in pairwise(chart.datasets["totals"].query(shown)["fx"]))
    assert len(chart.datasets["months"]) == count


def test_runway_reads_exact_decimals_and_counts_what_has_no_amount(frames):
    rows = frames["contract_ends"]()
    rows["amount"] = [Decimal(str(amount)) for amount in rows["amount"]]
    rows.loc[0, "amount"] = None
    chart = charts.runway(rows)
    assert chart.caption == "Contracts of 3 accounts have no amount and are not drawn."
    assert len(chart.datasets["bars"]) == len(rows) - 1


def test_runway_of_amounts_of_zero_and_below(frames, svg):
    assert ">$0<" in svg(charts.runway(frames["contract_ends"]().assign(amount=0.0)))
    negative = charts.runway(frames["contract_ends"]().assign(amount=[-100.0, 50.0] * 4))
    assert negative.datasets["bars"][["f0", "f1"]].min().min() >= 0
    assert ">\u2212$50<" in svg(negative)
    tops = negative.datasets["bars"].query("amount > 0").groupby("month")["f1"].max()
    assert list(negative.datasets["totals"]["fy"]) == pytest.approx(list(tops))


def test_runway_of_nothing_is_a_sentence(frames, svg):
    rows = frames["contract_ends"]()
    assert "No contract ends in these months." in svg(charts.runway(rows.head(0)))
    assert "Contracts of 16 accounts have no amount and are not drawn." in svg(charts.runway(rows.assign(amount=None)))


# hostile names --------------------------------------------------------------------------------------------------


def hostile_charts(frames):
    yield charts.tornado(frames["lever_rows"](HOSTILE).assign(low_text=HOSTILE, high_text=HOSTILE[::-1]), base=0.95, measure=HOSTILE[0])
    steps = frames["effect_steps"](*[0.01] * len(HOSTILE))
    steps.loc[1 : len(HOSTILE), "step"] = HOSTILE
    yield charts.effects(steps, measure=HOSTILE[1])
    yield frames["fan_chart"](*frames["fan_points"](), measure=HOSTILE[2])


def plain(picture):
    return not any(sign in picture for sign in ("<img", "<a ", "x" * 100, "\u202e"))


@pytest.mark.parametrize("width", [380, 900])
def test_hostile_names_are_plain_short_text(frames, svg, width):
    for chart in hostile_charts(frames):
        assert plain(svg(chart, width=width))
        assert plain(chart.alt.replace("<img", ""))
        assert len(chart.alt) < 3000


def test_names_as_they_were_given_would_be_seen_in_the_picture(frames, svg):
    tornado = next(hostile_charts(frames))
    raw = tornado.datasets["bars"].assign(said=tornado.datasets["bars"]["lever"])
    assert not plain(svg(replace(tornado, datasets={**tornado.datasets, "bars": raw})))


def test_a_click_returns_the_whole_name(frames):
    tornado, effects, _ = hostile_charts(frames)
    assert set(tornado.datasets["bars"]["lever"]) == set(HOSTILE)
    assert set(HOSTILE) < set(effects.datasets["steps"]["step"])
