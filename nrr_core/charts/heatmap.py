"""Cohort heatmap: what is left of each cohort, by age."""

import functools
from typing import Any, Final

import altair as alt
import pandas as pd

from nrr_core.charts import cohorts, theme
from nrr_core.charts.chart import Chart
from nrr_core.charts.legend import heat_legend, heat_legend_layers
from nrr_core.formats import measure_name, percent_text, plain_text

__all__ = ["heatmap"]

ROW, FLAT = 28, 22  # pixels per cohort; the flat ones for more than TALL cohorts
TALL: Final = 18
_HEAD, _FOOT = 44, 52
_LEFT: Final = "(narrow ? 72 : 104)"
_WORDY: Final = 900  # above this many cells the numbers are left to the tooltip
_EMPTY: Final = "No cohort has a full period behind it yet."
_CELL: Final = f"min((width - {_LEFT}) / datum.columns, 110)"
_PLACES: Final = {
    "w": _CELL,
    "px": f"{_LEFT} + datum.age * datum.w + 1",
    "px2": "datum.px + datum.w - 2",
    "py": f"{_HEAD} + datum.row * datum.tall + (datum.row > 0 ? datum.apart : 0) + 1",
    "py2": "datum.py + datum.tall - 2",
    "tx": "(datum.px + datum.px2) / 2",
    "ty": "(datum.py + datum.py2) / 2",
}


@functools.cache
def _spec() -> dict[str, Any]:
    clicked = theme.pick("cohort", "age")
    cells = (
        theme.layer("cells", _PLACES)
        .mark_rect(
            cornerRadius=2,
            cursor="pointer",
            color=theme.colour("heat[datum.bin]"),
            fillOpacity=alt.ExprRef("datum.small ? 0.35 : 1"),
        )
        .encode(
            **theme.spot(span="xy"),
            **theme.outlined(clicked),
            description="said:N",
            tooltip=[
                alt.Tooltip("label:N", title="Cohort"),
                alt.Tooltip("age:Q", title="Age"),
                alt.Tooltip("exact:N", title="Value"),
                alt.Tooltip("accounts:Q", title="Accounts", format=","),
                alt.Tooltip("opening_mrr:Q", title="MRR at first payment", format=",.0f"),
            ],
        )
        .add_params(clicked)
        .properties(name="cells")
    )
    shown = _PLACES | {"shown": "datum.w >= 36 ? datum.text + '%' : datum.w >= 22 ? datum.text : ''"}
    every = f"ceil(24 / ({_CELL}))"
    ages = {
        "tx": f"{_LEFT} + (datum.age + 0.5) * {_CELL}",
        "ty": f"{_HEAD} - 10",
        "shown": f"datum.age % {every} == 0 ? datum.age : ''",
    }
    rows = {"tx": f"{_LEFT} - 8", "ty": _PLACES["py"] + " + datum.tall / 2 - 1"}
    return theme.finish(
        [
            theme.words("title", "text", {"tx": _LEFT, "ty": "10"}, align="left"),
            theme.words("ages", "shown", ages, align="center", fontSize=11),
            theme.words(
                "rows",
                "label",
                rows,
                align="right",
                fontSize=11.5,
                limit=alt.ExprRef(f"{_LEFT} - 10"),
                fontWeight=alt.ExprRef("datum.average ? 'bold' : 'normal'"),
                color=theme.colour("datum.average ? ink : muted"),
            ),
            cells,
            theme.words(
                "cells",
                "shown",
                shown,
                where="datum.wordy",
                align="center",
                fontSize=11,
                fontWeight=alt.ExprRef("datum.average ? 'bold' : 'normal'"),
                color=theme.colour("datum.small ? muted : inkOnHeat[datum.bin]"),
            ),
            *heat_legend_layers(104),
        ]
    )


def heatmap(cells: pd.DataFrame, *, measure: str = "nrr", cadence: str = "month", min_base: int = 0, currency: str = "$") -> Chart:
    """Retention of cohorts by age in eleven colour steps, the weighted average of all cohorts on top.

    Parameters
    ----------
    cells
        ``cohort`` (text; ``(all)`` for the weighted average), ``age`` (int from 0), ``value`` (ratio; None is left
        blank), ``accounts`` (count at age 0), ``opening_mrr`` (MRR at age 0 in the currency unit).
    measure
        ``nrr``, ``grr`` or ``logo_retention``.
    cadence
        ``month``, ``quarter`` or ``year``: the unit of age.
    min_base
        Cells of cohorts with fewer accounts are faint, and the caption says so; 0 for none.
    currency
        Written before amounts.

    Returns
    -------
    Chart
        Click fields ``cohort`` and ``age``. Above 900 cells the numbers are in the tooltips only. Without any value:
        one sentence.

    """
    known = cohorts.known_cells(cells)
    names = list(dict.fromkeys(known["cohort"]))
    tall = FLAT if len(names) > TALL else ROW
    apart = 8 if known["average"].any() and len(names) > 1 else 0
    columns = int(known["age"].max()) + 1 if len(known) else 1
    known["row"] = [names.index(name) for name in known["cohort"]]
    known["label"] = [
        "All cohorts" if average else plain_text(name) for name, average in zip(known["cohort"], known["average"], strict=True)
    ]
    known["bin"] = [theme.heat_bin(value) for value in known["value"]]
    known["text"] = [percent_text(value, digits=0).removesuffix("%") for value in known["value"]]
    known["exact"] = [percent_text(value, digits=2) for value in known["value"]]
    known["said"] = cohorts.describe(known, measure=measure, cadence=cadence, currency=currency)
    known = known.assign(columns=columns, apart=apart, wordy=len(known) <= _WORDY, tall=tall, small=(known["accounts"] < min_base))
    rows = known.drop_duplicates("cohort")[["label", "row", "average", "apart", "tall"]]
    ages = pd.DataFrame({"age": range(columns if len(known) else 0), "columns": columns})
    height = _HEAD + max(len(names), 3) * tall + apart + _FOOT
    caption = f"Faint: fewer than {min_base} accounts." if known["small"].any() else None
    title = [f"{measure_name(measure)} · {cohorts.AGE_TITLES[cadence]}"] if len(known) else []
    datasets = {
        "cells": known,
        "rows": rows,
        "ages": ages,
        "legend": heat_legend(measure) if len(known) else pd.DataFrame(),
        "title": pd.DataFrame({"text": title}, dtype="str"),
        "notice": pd.DataFrame({"text": [] if len(known) else [_EMPTY]}, dtype="str"),
    }
    return Chart({**_spec(), "height": height}, datasets, _alt(known, measure), caption, height)


def _alt(known: pd.DataFrame, measure: str) -> str:
    if known.empty:
        return _EMPTY
    own = known[(known["age"] > 0) & ~known["average"]]
    count = known.loc[~known["average"], "cohort"].nunique()
    if own.empty:
        return f"{measure_name(measure)} of {count} cohorts at age 0: 100.0% each by definition."
    said = list(own.sort_values("value", kind="stable")["said"])
    return f"{measure_name(measure)} of {count} cohorts by age. Lowest: {said[0]}. Highest: {said[-1]}."
