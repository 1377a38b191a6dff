"""Small frames for the charts, with numbers a reader can add in their head."""

import pandas as pd
import pytest

from nrr_core import charts
from nrr_core.periods import month_text

SVG = "svg"


def bridge(opening, *moves):
    expansion, contraction, churn, reactivation, new = moves
    retained = opening + expansion - contraction - churn
    amounts = {
        "opening": opening,
        "expansion": expansion,
        "contraction": contraction,
        "churn": churn,
        "retained": retained,
        "reactivation": reactivation,
        "new": new,
        "closing": retained + reactivation + new,
    }
    shares = [amount / opening if opening else None for amount in amounts.values()]
    return pd.DataFrame({"step": list(amounts), "amount": list(amounts.values()), "accounts": 3, "share": shares})


def trend_points(months=6):
    values = {"nrr": 0.95, "grr": 0.9, "logo_retention": 0.8}
    rows = [
        {"month": month_text(24301 + k), "series": name, "value": value + k / 100, "partial": k == months - 1}
        for name, value in values.items()
        for k in range(months)
    ]
    return pd.DataFrame(rows)


def cohort_cells(cohorts=3, ages=3):
    rows = [
        {"cohort": f"c{c:02d}", "age": age, "value": 1 - age / 50 + c / 100, "accounts": 10 + c, "opening_mrr": 1000.0}
        for c in range(cohorts)
        for age in range(ages - c)
    ]
    average = [{"cohort": "(all)", "age": k, "value": 1 - k / 50, "accounts": 30, "opening_mrr": 3000.0} for k in range(ages)]
    return pd.DataFrame(rows + average)


def segment_bars(names=("a", "b", "c")):
    rows = [{"segment": name, "value": 1.1 - k / 10, "accounts": 100 - k, "opening_mrr": 9000.0 - k} for k, name in enumerate(names)]
    return pd.DataFrame([{"segment": "(all)", "value": 0.95, "accounts": 300, "opening_mrr": 27000.0}, *rows])


def matrix_cells(names=("x", "y")):
    rows = [
        {"row": row, "column": column, "value": 0.9 + k / 10, "accounts": 5 if k == 1 else 25, "opening_mrr": 1000.0}
        for k, row in enumerate(names)
        for column in (*names, "(all)")
    ]
    return pd.DataFrame(rows)


def segment_points(names=("a", "b")):
    rows = [{"month": month_text(24301 + k), "segment": name, "value": 1 + k / 100, "partial": False} for name in names for k in range(4)]
    return pd.DataFrame(rows)


def account_months():
    return pd.DataFrame(
        {
            "month": [month_text(24301 + k) for k in range(6)],
            "mrr": [100.0, 150.0, 150.0, 120.0, 0.0, 100.0],
            "movement": ["new", "expansion", None, "contraction", "churn", "reactivation"],
            "delta": [100.0, 50.0, 0.0, -30.0, -120.0, 100.0],
        }
    )


def fan_points(history=6, forecast=3, *, baseline=0.0, scenario=0.01, scale=1.0):
    """History at 95 % from January 2025, then a step a month for each forecast; three bands of 1, 2 and 3 points around the scenario."""
    past = [(month_text(24301 + k), "history", 0.95 * scale) for k in range(history)]
    ahead = [(k, month_text(24300 + history + k)) for k in range(1, forecast + 1)]
    steps = (("baseline", baseline), ("scenario", scenario))
    points = past + [(month, name, (0.95 + step * k) * scale) for k, month in ahead for name, step in steps]
    widths = ((0.5, 0.01), (0.8, 0.02), (0.95, 0.03))
    centre = [(month, 0.95 + scenario * k) for k, month in ahead]
    bands = [(month, share, (middle - wide) * scale, (middle + wide) * scale) for month, middle in centre for share, wide in widths]
    return (
        pd.DataFrame(points, columns=["month", "series", "value"]),
        pd.DataFrame(bands, columns=["month", "share", "low", "high"]),
        month_text(24300 + history),
    )


def fan_chart(points, bands, start, **options):
    return charts.fan(points, bands, start=start, **options)


def lever_rows(names=("price", "churn", "seats")):
    """Around 95 %: each lever moves 4 points down and 5 up, then 3 and 4 and so on; churn the other way round."""
    rows = []
    for k, name in enumerate(names):
        down, up = 0.95 - max(4 - k, 1) / 100, 0.95 + max(5 - k, 1) / 100
        low, high = (up, down) if name == "churn" else (down, up)
        rows.append({"lever": name, "low": low, "high": high, "low_text": "\u221210 %", "high_text": "+10 %"})
    return pd.DataFrame(rows)


def effect_steps(*effects, baseline=0.95):
    """A baseline, one step per signed effect, the scenario."""
    kinds = ["gain" if value > 0 else "loss" if value < 0 else "none" for value in effects]
    steps = [{"step": f"lever {k}", "kind": kind, "value": value} for k, (kind, value) in enumerate(zip(kinds, effects, strict=True))]
    first = {"step": "Baseline", "kind": "total", "value": baseline}
    return pd.DataFrame([first, *steps, {"step": "Scenario", "kind": "total", "value": baseline + sum(effects)}])


def contract_ends(months=4):
    rows = [
        {"month": month_text(24301 + k), "state": state, "amount": amount, "accounts": accounts}
        for k in range(months)
        for state, amount, accounts in (("open", 300.0 + k, 3), ("decided", 100.0, 1))
    ]
    return pd.DataFrame(rows)


def driver_rows(names=("seats", "price", "plan")):
    """40, 30 and 20 dollars, the last not known."""
    rows = [
        {"driver": name, "label": name, "amount": 40.0 - 10 * k, "share": (40 - 10 * k) / 90, "accounts": 4 - k, "kind": "top"}
        for k, name in enumerate(names)
    ]
    rows[-1]["kind"] = "unknown"
    return pd.DataFrame(rows)


def book_rows(names=("Ann", "Ben")):
    """Everybody at 95 %; each owner one, two and three points above, under the three rules."""
    rules = ("open", "weighted", "current")
    rows = [
        {"owner": owner, "rule": rule, "value": 0.95 + (k + 1) / 100, "opening": 1000.0, "accounts": 20}
        for owner in names
        for k, rule in enumerate(rules)
    ]
    total = [{"owner": "(all)", "rule": rule, "value": 0.95, "opening": 2000.0, "accounts": 40} for rule in rules]
    return pd.DataFrame(total + rows)


RULE_NAMES = {"open": "Owner at open", "weighted": "By time held", "current": "Current owner"}


def convention_rows(values=(0.907, 0.741, 1.037, None)):
    return pd.DataFrame(
        {"segment": [f"way {i}" for i in range(len(values))], "value": values, "chosen": [i == 0 for i in range(len(values))]}
    )


def drawings():
    """One call of every chart in the registry."""
    return {
        "waterfall": lambda: charts.waterfall(bridge(1000, 200, 50, 100, 0, 400)),
        "trend": lambda: charts.trend(trend_points()),
        "heatmap": lambda: charts.heatmap(cohort_cells()),
        "curves": lambda: charts.curves(cohort_cells()),
        "segments": lambda: charts.segments(segment_bars()),
        "matrix": lambda: charts.matrix(matrix_cells()),
        "multiples": lambda: charts.multiples(segment_points(), segment="a", low=0.9, high=1.1),
        "history": lambda: charts.history(account_months()),
        "fan": lambda: fan_chart(*fan_points(), target=1.02),
        "tornado": lambda: charts.tornado(lever_rows(), base=0.95),
        "effects": lambda: charts.effects(effect_steps(0.013, -0.004, 0.0)),
        "runway": lambda: charts.runway(contract_ends()),
        "moved": lambda: charts.moved(effect_steps(0.013, -0.004, 0.0)),
        "drivers": lambda: charts.drivers(driver_rows(), side="gain"),
        "books": lambda: charts.books(book_rows(), names=RULE_NAMES),
        "conventions": lambda: charts.conventions(convention_rows()),
    }


@pytest.fixture(params=sorted(drawings()))
def drawing(request):
    return drawings()[request.param]()


@pytest.fixture(name="drawings")
def every_drawing():
    return drawings()


@pytest.fixture
def svg():
    def render(chart, **options):
        return charts.export(chart, SVG, **options).decode()

    return render


@pytest.fixture
def frames():
    """The makers above, for tests that need other numbers."""
    return {
        "bridge": bridge,
        "trend_points": trend_points,
        "cohort_cells": cohort_cells,
        "segment_bars": segment_bars,
        "matrix_cells": matrix_cells,
        "segment_points": segment_points,
        "account_months": account_months,
        "fan_points": fan_points,
        "fan_chart": fan_chart,
        "lever_rows": lever_rows,
        "effect_steps": effect_steps,
        "contract_ends": contract_ends,
        "driver_rows": driver_rows,
        "book_rows": book_rows,
        "rule_names": RULE_NAMES,
        "convention_rows": convention_rows,
    }
