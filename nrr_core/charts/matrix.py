"""Matrix: retention by two attributes at once."""

import functools
from typing import Any, Final

import altair as alt
import pandas as pd

from nrr_core.charts import theme
from nrr_core.charts.chart import Chart
from nrr_core.charts.legend import heat_legend, heat_legend_layers
from nrr_core.formats import measure_name, money_text, percent_text, plain_text
from nrr_core.schema import ALL

__all__ = ["matrix"]

ROW: Final = 52
MOST: Final = 12
_HEAD, _FOOT = 34, 52
_LEFT: Final = "(narrow ? 84 : 150)"
_EMPTY: Final = "No combination had revenue when the window opened."
_WIDTH: Final = f"min((width - {_LEFT} - 8) / datum.columns, 190)"
_PLACES: Final = {
    "w": _WIDTH,
    "px": f"{_LEFT} + datum.column_at * datum.w + (datum.column_at > 0 ? datum.across : 0) + 1",
    "px2": "datum.px + datum.w - 2",
    "py": f"{_HEAD} + datum.row_at * {ROW} + (datum.row_at > 0 ? datum.down : 0) + 1",
    "py2": f"datum.py + {ROW} - 2",
    "tx": "(datum.px + datum.px2) / 2",
}


@functools.cache
def _spec() -> dict[str, Any]:
    clicked = theme.pick("row", "column")
    tooltip = [
        alt.Tooltip("row_label:N", title="Row"),
        alt.Tooltip("column_label:N", title="Column"),
        alt.Tooltip("exact:N", title="Value"),
        alt.Tooltip("accounts:Q", title="Accounts", format=","),
        alt.Tooltip("opening_mrr:Q", title="Opening MRR", format=",.0f"),
    ]
    cells = (
        theme.layer("cells", _PLACES)
        .mark_rect(cornerRadius=3, cursor="pointer", color=theme.colour("datum.small ? grid : heat[datum.bin]"))
        .encode(**theme.spot(span="xy"), **theme.outlined(clicked), description="said:N", tooltip=tooltip)
        .add_params(clicked)
        .properties(name="cells")
    )
    ink = theme.colour("datum.small ? muted : inkOnHeat[datum.bin]")
    value = _PLACES | {
        "ty": f"datum.py + {ROW / 2 - 9}",
        "fitting": "datum.w >= 42 ? datum.text : datum.w >= 22 ? split(datum.text, '.')[0] : ''",  # phones: whole per cent
    }
    base = _PLACES | {
        "ty": f"datum.py + {ROW / 2 + 9}",
        "shown": "datum.w >= 104 ? datum.base : datum.w >= 44 ? datum.short : ''",
    }
    bold = alt.ExprRef("datum.label == 'All' ? 'bold' : 'normal'")
    apart = "(datum.at > 0 ? datum.apart : 0)"
    return theme.finish(
        [
            cells,
            theme.words(
                "cells",
                "fitting",
                value,
                align="center",
                fontSize=alt.ExprRef("datum.w < 42 ? 10.5 : datum.w < 60 ? 12 : 13.5"),
                fontWeight="bold",
                color=ink,
            ),
            theme.words("cells", "shown", base, align="center", fontSize=10.5, color=ink),
            theme.words(
                "rows",
                "label",
                {"tx": f"{_LEFT} - 8", "ty": f"{_HEAD} + (datum.at + 0.5) * {ROW} + {apart}"},
                align="right",
                color=theme.colour("ink"),
                fontWeight=bold,
                limit=alt.ExprRef(f"{_LEFT} - 10"),
            ),
            theme.words(
                "columns",
                "label",
                {"tx": f"{_LEFT} + (datum.at + 0.5) * {_WIDTH} + {apart}", "ty": f"{_HEAD} - 14"},
                align="center",
                color=theme.colour("ink"),
                fontWeight=bold,
                limit=alt.ExprRef(f"{_WIDTH} - 4"),
            ),
            *heat_legend_layers(150),
        ]
    )


def _largest(cells: pd.DataFrame, side: str) -> list[str]:
    """Values of one attribute from large to small by opening MRR, the total first, at most MOST."""
    other = "column" if side == "row" else "row"
    inner = cells[(cells[other] != ALL) & (cells[side] != ALL)]
    ranked = list(inner.groupby(side, sort=False)["opening_mrr"].sum().sort_values(ascending=False, kind="stable").index)
    return [ALL] * bool((cells[side] == ALL).any()) + ranked[:MOST]


def matrix(cells: pd.DataFrame, *, measure: str = "nrr", min_base: int = 10, currency: str = "$") -> Chart:
    """Retention for every combination of two attributes, in the colours of the cohort heatmap.

    Parameters
    ----------
    cells
        ``row`` and ``column`` (text, the two segments; ``(all)`` for totals), ``value`` (ratio or None),
        ``accounts`` (opening accounts), ``opening_mrr`` (currency unit). Combinations without accounts are absent.
    measure
        ``nrr``, ``grr`` or ``logo_retention``.
    min_base
        Cells with fewer accounts are grey.
    currency
        Written before amounts.

    Returns
    -------
    Chart
        Click fields ``row`` and ``column``. The twelve largest of each side are drawn; the caption tells what was left
        to the table. Without any cell: one sentence.

    """
    rows, columns = _largest(cells, "row"), _largest(cells, "column")
    left_out = cells["row"].nunique() - len(rows) + cells["column"].nunique() - len(columns)
    known = cells[cells["row"].isin(rows) & cells["column"].isin(columns)].reset_index(drop=True)
    across, down = 8 * (ALL in columns), 8 * (ALL in rows)
    values = [None if pd.isna(value) else float(value) for value in known["value"]]
    known = known.assign(
        row_at=[rows.index(name) for name in known["row"]],
        column_at=[columns.index(name) for name in known["column"]],
        columns=len(columns),
        across=across,
        down=down,
        row_label=[_label(name) for name in known["row"]],
        column_label=[_label(name) for name in known["column"]],
        bin=[5 if value is None else theme.heat_bin(value) for value in values],
        small=[value is None or count < min_base for value, count in zip(values, known["accounts"], strict=True)],
        text=[percent_text(value) for value in values],
        exact=[percent_text(value, digits=2) for value in values],
        short=[f"n = {int(count):,}" for count in known["accounts"]],
    )
    known["base"] = [
        f"{short} · {money_text(float(mrr), currency=currency)}" for short, mrr in zip(known["short"], known["opening_mrr"], strict=True)
    ]
    parts = zip(known["row_label"], known["column_label"], known["text"], known["base"], strict=True)
    known["said"] = [f"{row} and {column}: {text}, {base}" for row, column, text, base in parts]
    height = _HEAD + max(len(rows), 2) * ROW + down + _FOOT
    datasets = {
        "cells": known,
        "rows": pd.DataFrame({"label": [_label(name) for name in rows], "at": range(len(rows)), "apart": down}),
        "columns": pd.DataFrame(
            {
                "label": [_label(name) for name in columns],
                "at": range(len(columns)),
                "columns": len(columns),
                "apart": across,
            }
        ),
        "legend": heat_legend(measure) if len(known) else pd.DataFrame(),
        "notice": pd.DataFrame({"text": [] if len(known) else [_EMPTY]}, dtype="str"),
    }
    grey = f"Grey: fewer than {min_base} accounts." if known["small"].any() else ""
    cut = f"{left_out} smaller segments are in the table only." if left_out else ""
    said = f"{measure_name(measure)} by two attributes. " + "; ".join(known["said"].head(12)) + "." if len(known) else _EMPTY
    return Chart({**_spec(), "height": height}, datasets, said, f"{grey} {cut}".strip() or None, height)


def _label(name: str) -> str:
    return "All" if name == ALL else plain_text(name)
