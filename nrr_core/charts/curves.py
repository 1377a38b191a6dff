"""Cohort curves: one line per cohort, the newest, the oldest and the average in front."""

import functools
from typing import Any, Final

import altair as alt
import pandas as pd

from nrr_core.charts import cohorts, theme
from nrr_core.charts.chart import Chart
from nrr_core.charts.plane import Plane, ratio_axis, value_ticks
from nrr_core.charts.scales import nice_step, spread
from nrr_core.formats import measure_name, percent_text, plain_text
from nrr_core.schema import ALL

__all__ = ["curves"]

HEIGHT: Final = 340
_EMPTY: Final = "No cohort has a full period behind it yet."
_HUE: Final = "datum.role == 'average' ? ink : datum.role == 'newest' ? accent : datum.role == 'oldest' ? total : faint"
_WIDTH: Final = "datum.role == 'average' ? 3 : datum.role == 'other' ? 1 : 2.2"


@functools.cache
def _spec() -> dict[str, Any]:
    plane = Plane(right="128", bottom="44")
    clicked = theme.pick("cohort", "age")
    lines: dict[str, Any] = {**theme.spot(), "detail": "line:N", "order": alt.Order("age:Q")}
    dots = (
        theme.layer("cells", plane.at())
        .mark_circle(size=70, cursor="pointer", color=theme.colour(_HUE))
        .encode(
            **theme.spot(),
            opacity=theme.lit(clicked, 1),
            description="said:N",
            tooltip=[
                alt.Tooltip("label:N", title="Cohort"),
                alt.Tooltip("age:Q", title="Age"),
                alt.Tooltip("exact:N", title="Value"),
                alt.Tooltip("accounts:Q", title="Accounts", format=","),
            ],
        )
        .add_params(clicked)
        .properties(name="dots")
    )
    label = {"tx": f"{plane.x()} + 8", "ty": plane.y()}
    back = theme.layer("cells", plane.at(), where="datum.role == 'other'")
    front = theme.layer("cells", plane.at(), where="datum.role != 'other'")
    look: dict[str, Any] = {
        "aria": False,
        "strokeJoin": "round",
        "color": theme.colour(_HUE),
        "strokeWidth": alt.ExprRef(_WIDTH),
    }
    return theme.finish(
        [
            *plane.grid(),
            theme.words("title", "text", {"tx": plane.left, "ty": "height - 8"}, align="left"),
            back.mark_line(**look).encode(**lines),
            front.mark_line(**look).encode(**lines),
            theme.layer("ends", plane.at())
            .mark_circle(size=40, opacity=1, aria=False, color=theme.colour(_HUE))
            .encode(**theme.spot(columns={"x": "px", "y": "py"})),
            theme.words(
                "ends",
                "text",
                label | {"ty": plane.y("datum.f_label")},
                align="left",
                fontWeight="bold",
                limit=118,
                stroke=theme.colour("paper"),
                strokeWidth=4,
                strokeJoin="round",
            ),
            theme.words(
                "ends",
                "text",
                label | {"ty": plane.y("datum.f_label")},
                align="left",
                fontWeight="bold",
                limit=118,
                color=theme.colour(_HUE),
            ),
            dots,
        ]
    )


def _ends(known: pd.DataFrame) -> pd.DataFrame:
    ends = known[known["role"] != "other"].groupby("line", sort=False).tail(1).copy()
    right = ends["fx"] > 0.8  # noqa: PLR2004 - labels further left stand alone
    ends["f_label"] = ends["fy"]
    ends.loc[right, "f_label"] = spread(list(ends.loc[right, "fy"]), gap=16 / (HEIGHT - 58))
    texts = zip(ends["label"], ends["value"], strict=True)
    ends["text"] = [f"{plain_text(label, limit=14)} {percent_text(value, digits=0)}" for label, value in texts]
    return ends


def curves(cells: pd.DataFrame, *, measure: str = "nrr", cadence: str = "month", currency: str = "$") -> Chart:
    """The same cells as the heatmap, as lines over age.

    Parameters
    ----------
    cells
        As for ``heatmap``: ``cohort``, ``age``, ``value``, ``accounts``, ``opening_mrr``; cohorts from old to new,
        ``(all)`` the weighted average.
    measure, cadence, currency
        As for ``heatmap``.

    Returns
    -------
    Chart
        Click fields ``cohort`` and ``age``. The newest cohort in front is the youngest that has lived a quarter of
        the oldest one's time. The caption tells the range of the vertical axis. Without any value: one sentence.

    """
    known = cohorts.known_cells(cells)
    notice = pd.DataFrame({"text": [] if len(known) else [_EMPTY]}, dtype="str")
    spec = {**_spec(), "height": HEIGHT}
    if known.empty:
        frames = ("cells", "ends", "values", "times", "title")
        return Chart(spec, {name: pd.DataFrame() for name in frames} | {"notice": notice}, _EMPTY, None, HEIGHT)
    axis = ratio_axis(list(known["value"]))
    names = list(dict.fromkeys(known["cohort"]))
    enough = max(1, int(known["age"].max()) // 4)
    lived = [name for name in dict.fromkeys(known.loc[known["age"] >= enough, "cohort"]) if name != ALL]
    roles = dict.fromkeys(names, "other") | ({lived[-1]: "newest", lived[0]: "oldest"} if lived else {}) | {ALL: "average"}
    oldest = int(known["age"].max())
    known["role"] = [roles[name] for name in known["cohort"]]
    known["line"] = [names.index(name) for name in known["cohort"]]
    known["fx"] = known["age"] / (oldest or 1)
    known["fy"] = [axis.fraction(value) for value in known["value"]]
    known["label"] = ["All cohorts" if name == ALL else plain_text(name) for name in known["cohort"]]
    known["exact"] = [percent_text(value, digits=2) for value in known["value"]]
    known["said"] = cohorts.describe(known, measure=measure, cadence=cadence, currency=currency)
    known = known.sort_values(["line", "age"], kind="stable").reset_index(drop=True)
    step = max(int(nice_step(oldest or 1, 8)), 1)
    ages = list(range(0, oldest + 1, step))
    times = pd.DataFrame(
        {
            "fx": [age / (oldest or 1) for age in ages],
            "text": [str(age) for age in ages],
            "rank": [k % 2 for k in range(len(ages))],
        }
    )
    title = pd.DataFrame({"text": [f"{measure_name(measure)} · {cohorts.AGE_TITLES[cadence]}"]})
    ends = _ends(known)
    datasets = {
        "cells": known,
        "ends": ends,
        "values": value_ticks(axis),
        "times": times,
        "title": title,
        "notice": notice,
    }
    span = f"{percent_text(axis.low, digits=0)} to {percent_text(axis.high, digits=0)}"
    caption = f"The vertical axis runs from {span}, not from zero."
    return Chart(spec, datasets, f"{measure_name(measure)} by cohort and age. " + "; ".join(ends["said"]) + ".", caption, HEIGHT)
