"""History: one account's MRR month by month, with the movements marked."""

import functools
from typing import Any, Final

import altair as alt
import pandas as pd

from nrr_core.charts import theme
from nrr_core.charts.chart import Chart
from nrr_core.charts.plane import Plane, month_ticks
from nrr_core.charts.scales import apart, floats, nice_axis
from nrr_core.formats import money_text, month_label
from nrr_core.periods import parse_month

__all__ = ["MOVEMENTS", "history"]

HEIGHT: Final = 260
MOVEMENTS: Final = {  # movement: label, sign, kind
    "new": ("New", "●", "gain"),
    "expansion": ("Expansion", "▲", "gain"),
    "contraction": ("Contraction", "▼", "loss"),
    "churn": ("Churn", "✕", "loss"),
    "reactivation": ("Return", "↺", "gain"),
}
_EMPTY: Final = "This account has never paid."
_HUE: Final = "datum.kind == 'gain' ? gain : datum.kind == 'loss' ? loss : total"


@functools.cache
def _spec() -> dict[str, Any]:
    plane = Plane(left="56", right="20", top="34")
    clicked = theme.pick("month")
    area = theme.layer("steps", plane.at() | {"py2": plane.y("0")})
    line: dict[str, Any] = {**theme.spot(), "order": alt.Order("i:Q")}
    column = {"px": plane.x(), "px2": plane.x("datum.fx2"), "py": plane.top, "py2": f"height - {plane.bottom}"}
    columns = theme.month_columns(clicked, column)
    tucked = alt.ExprRef("datum.fx > 0.9 ? 'right' : datum.fx < 0.05 ? 'left' : 'center'")
    return theme.finish(
        [
            *plane.grid(),
            area.mark_area(aria=False, opacity=0.22, color=theme.colour("total")).encode(**theme.spot(span="y")),
            theme.layer("steps", plane.at()).mark_line(aria=False, strokeWidth=2, color=theme.colour("total")).encode(**line),
            theme.words(
                "moves",
                "sign",
                {"tx": plane.x(), "ty": f"{plane.y()} - 11"},
                align="center",
                fontSize=13,
                fontWeight="bold",
                color=theme.colour(_HUE),
            ),
            theme.words(
                "moves",
                "text",
                {"tx": plane.x(), "ty": f"{plane.y()} - 26"},
                where="narrow ? datum.on_phones : datum.labelled",
                align=tucked,
                fontSize=11.5,
                fontWeight="bold",
                color=theme.colour(_HUE),
            ),
            columns,
        ]
    )


def history(months: pd.DataFrame, *, currency: str = "$") -> Chart:
    """An account's MRR as steps, each change marked with its sign and amount.

    Parameters
    ----------
    months
        One row per month without gaps, in order: ``month`` (YYYY-MM), ``mrr`` (currency unit, 0 = not paying),
        ``movement`` (a key of MOVEMENTS, or None), ``delta`` (signed change against the month before, or None).
    currency
        Written before amounts.

    Returns
    -------
    Chart
        Click field ``month``. The vertical axis starts at zero. All movements are marked; the
        largest are labelled where there is room. An account that never paid shows a sentence.

    """
    months = months[["month", "mrr", "movement", "delta"]].reset_index(drop=True)
    spec = {**_spec(), "height": HEIGHT}
    if months.empty or not months["mrr"].max() > 0:
        names = ("steps", "months", "moves", "values", "times")
        empty = {name: pd.DataFrame() for name in names} | {"notice": pd.DataFrame({"text": [_EMPTY]})}
        return Chart(spec, empty, _EMPTY, None, HEIGHT)
    axis = nice_axis([0.0, float(months["mrr"].max()) * 1.05])
    first, count = parse_month(months["month"].iloc[0]), len(months)
    at = [parse_month(month) - first for month in months["month"]]
    months["fx"], months["fx2"] = [k / count for k in at], [(k + 1) / count for k in at]
    months["fy"] = [axis.fraction(float(mrr)) for mrr in months["mrr"]]
    known = [movement if movement in MOVEMENTS else None for movement in months["movement"]]
    amounts = [
        money_text(float(delta), currency=currency, signed=True) if move else "" for move, delta in zip(known, months["delta"], strict=True)
    ]
    moved = [f", {MOVEMENTS[move][0].lower()} {amount}" if move else "" for move, amount in zip(known, amounts, strict=True)]
    months["said"] = [
        f"{month_label(month)}: {money_text(float(mrr), currency=currency)}{move}"
        for month, mrr, move in zip(months["month"], months["mrr"], moved, strict=True)
    ]
    steps = [(i, months[side][i], months["fy"][i]) for i in range(count) for side in ("fx", "fx2")]
    moves = months.assign(known=pd.Series(known, dtype="object"), text=amounts)[[move is not None for move in known]]
    moves = moves.assign(
        sign=[MOVEMENTS[move][1] for move in moves["known"]],
        kind=[MOVEMENTS[move][2] for move in moves["known"]],
        labelled=apart(floats(moves["delta"]), list(moves["fx"]), gap=0.055),
        on_phones=apart(floats(moves["delta"]), list(moves["fx"]), gap=0.16),
    )
    before = months["fy"].shift(1, fill_value=0.0)
    moves["fy"] = [max(here, before[i]) for i, here in zip(moves.index, moves["fy"], strict=True)]
    times = month_ticks(list(months["month"]))
    times["fx"] *= (count - 1) / count
    datasets = {
        "steps": pd.DataFrame({"i": range(len(steps)), "fx": [step[1] for step in steps], "fy": [step[2] for step in steps]}),
        "months": months,
        "moves": moves,
        "values": pd.DataFrame(
            {
                "fy": [axis.fraction(tick) for tick in axis.ticks],
                "text": [money_text(tick, currency=currency) for tick in axis.ticks],
                "strong": False,
            }
        ),
        "times": times,
        "notice": pd.DataFrame({"text": []}, dtype="str"),
    }
    told = [said for said, move in zip(months["said"], known, strict=True) if move]
    return Chart(
        spec,
        datasets,
        f"MRR by month, {count} months, last {months['said'].iloc[-1]}. Movements: " + "; ".join(told or ["none"]) + ".",
        None,
        HEIGHT,
    )
