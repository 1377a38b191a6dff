"""Runway: the contracts that end, month by month, decided and open."""

import functools
from typing import Any, Final

import altair as alt
import pandas as pd

from nrr_core.charts import theme
from nrr_core.charts.chart import Chart
from nrr_core.charts.plane import Plane, money_left, month_ticks
from nrr_core.charts.scales import Axis, apart, floats, nice_axis
from nrr_core.formats import money_text, month_label
from nrr_core.periods import month_text, parse_month

__all__ = ["STATES", "runway"]

HEIGHT: Final = 280
STATES: Final = ("decided", "open")  # from the axis upwards
_EMPTY: Final = "No contract ends in these months."
_FRAMES: Final = ("bars", "keys", "totals", "months", "values", "times")


@functools.cache
def _spec(left: str) -> dict[str, Any]:
    plane = Plane(left=left, right="12", top="52")
    clicked = theme.pick("month")
    half = f"min(datum.half * (width - {plane.left} - {plane.right}) * 0.68, 28)"
    bar = {"c": plane.x(), "px": f"datum.c - {half}", "px2": f"datum.c + {half}", "py": plane.y("datum.f0"), "py2": plane.y("datum.f1")}
    column = {
        "px": plane.x("(datum.fx - datum.half)"),
        "px2": plane.x("(datum.fx + datum.half)"),
        "py": f"{plane.top} - 20",
        "py2": f"height - {plane.bottom}",
    }
    look: dict[str, Any] = {
        "aria": False,
        "color": theme.colour("accent"),
        "fillOpacity": alt.ExprRef("datum.state == 'open' ? 0.22 : 1"),
        "stroke": theme.colour("accent"),
        "strokeWidth": 1,
    }
    key = {"kx": "narrow ? 8 : datum.place * 240 + 8", "ky": "narrow ? datum.place * 18 + 10 : 12"}  # side by side, on phones stacked
    swatch = key | {"px": "datum.kx", "px2": "datum.kx + 12", "py": "datum.ky - 6", "py2": "datum.ky + 6"}
    label = {"tx": f"min(max({plane.x()}, {left} + 20), width - 32)", "ty": f"{plane.y()} - 9"}
    return theme.finish(
        [
            *plane.grid(),
            theme.layer("bars", bar).mark_rect(**look).encode(**theme.spot(span="xy")),
            theme.layer("keys", swatch).mark_rect(cornerRadius=2, **look).encode(**theme.spot(span="xy")),
            theme.words("keys", "text", key | {"tx": "datum.kx + 18", "ty": "datum.ky"}, align="left", color=theme.colour("ink")),
            theme.words(
                "totals",
                "text",
                label,
                where="narrow ? datum.on_phones : datum.labelled",
                align="center",
                fontSize=11.5,
                fontWeight="bold",
                color=theme.colour("ink"),
            ),
            theme.month_columns(clicked, column),
        ]
    )


def _bars(rows: pd.DataFrame, axis: Axis) -> pd.DataFrame:
    """The parts of each month's bar; amounts below zero hang under the axis."""
    parts: list[Any] = []
    ends: dict[tuple[str, bool], float] = {}
    for row in rows.to_dict("records"):
        under = row["amount"] < 0
        foot = ends.get((row["month"], under), 0.0)
        top = ends[row["month"], under] = foot + row["amount"]
        f0, f1 = sorted((axis.fraction(foot), axis.fraction(top)))
        parts.append(row | {"f0": f0, "f1": f1})
    return pd.DataFrame(parts)


def _accounts(count: int) -> str:
    return f"{count:,} account{'' if count == 1 else 's'}"


def _said(rows: pd.DataFrame, currency: str) -> str:
    """``decided $700K (9 accounts), open $500K (5 accounts)``."""
    parts = [
        f"{state} {money_text(float(own['amount'].sum()), currency=currency)} ({_accounts(int(own['accounts'].sum()))})"
        for state in STATES
        if len(own := rows[rows["state"] == state])
    ]
    return ", ".join(parts)


def runway(rows: pd.DataFrame, *, currency: str = "$") -> Chart:
    """Recurring revenue whose contract ends, by month: what is decided and what is open.

    Parameters
    ----------
    rows
        ``month`` (YYYY-MM), ``state`` (``decided`` or ``open``), ``amount`` (currency unit), ``accounts`` (count); a month
        may have one row of each state.
    currency
        Written before amounts.

    Returns
    -------
    Chart
        Click field ``month``; every month from the first to the last has its column. The vertical axis starts at zero.
        Rows without an amount are left out, as the caption says. Without any amount: one sentence.

    """
    rows = rows[["month", "state", "amount", "accounts"]].assign(amount=floats(rows["amount"]))
    unknown = int(rows.loc[rows["amount"].isna(), "accounts"].sum())
    caption = f"Contracts of {_accounts(unknown)} have no amount and are not drawn." if unknown else None
    rows = rows.dropna(subset=["amount"])
    if rows.empty:
        empty = {name: pd.DataFrame() for name in _FRAMES} | {"notice": pd.DataFrame({"text": [_EMPTY]})}
        return Chart({**_spec("62"), "height": HEIGHT}, empty, _EMPTY, caption, HEIGHT)
    rows = rows.assign(order=rows["state"].map(STATES.index)).sort_values(["month", "order"], kind="stable")
    first, last = parse_month(rows["month"].min()), parse_month(rows["month"].max())
    every = [month_text(month) for month in range(first, last + 1)]
    places = {month: (k + 0.5) / len(every) for k, month in enumerate(every)}
    half = 0.5 / len(every)
    above = rows[rows["amount"] > 0].groupby("month")["amount"].sum()
    below = rows[rows["amount"] < 0].groupby("month")["amount"].sum()
    axis = nice_axis([0.0, *above, *below, *([] if len(above) or len(below) else [1.0])])
    bars = _bars(rows, axis).assign(fx=[places[month] for month in rows["month"]], half=half)
    sums = rows.groupby("month")["amount"].sum()
    fx = [places[month] for month in sums.index]
    totals = pd.DataFrame(
        {
            "fx": fx,
            "fy": [axis.fraction(float(above.get(month, 0.0))) for month in sums.index],
            "text": [money_text(float(amount), currency=currency) for amount in sums],
            "labelled": apart(list(sums), fx, gap=0.055),
            "on_phones": apart(list(sums), fx, gap=0.16),
        }
    )
    said = {month: _said(own, currency) for month, own in rows.groupby("month")}
    told = [f"{month_label(month)}: {said.get(month, 'none')}" for month in every]
    times = month_ticks(every)
    times["fx"] = times["fx"] * (len(every) - 1) / len(every) + half
    states = [state for state in STATES if state in set(rows["state"])]
    keys = [_said(rows[rows["state"] == state], currency) for state in states]
    ticks = [money_text(tick, currency=currency) for tick in axis.ticks]
    datasets = {
        "bars": bars,
        "keys": pd.DataFrame({"state": states, "place": range(len(keys)), "text": [key[0].upper() + key[1:] for key in keys]}),
        "totals": totals,
        "months": pd.DataFrame({"month": every, "fx": list(places.values()), "half": half, "said": told}),
        "values": pd.DataFrame(
            {
                "fy": [axis.fraction(tick) for tick in axis.ticks],
                "text": ticks,
                "strong": [tick == 0 and axis.low < 0 for tick in axis.ticks],
            }
        ),
        "times": times,
        "notice": pd.DataFrame({"text": []}, dtype="str"),
    }
    largest = str(sums.idxmax())
    span = month_label(every[0]) + (f" to {month_label(every[-1])}" if len(every) > 1 else "")
    most = f" Most in {month_label(largest)}: {said[largest]}." if len(sums) > 1 else ""
    alternative = f"Contract ends by month, {span}: {_said(rows, currency)}.{most}"
    drawing = {**_spec(money_left(ticks)), "height": HEIGHT}
    return Chart(drawing, datasets, alternative, caption, HEIGHT)
