"""Runway: the contracts that end, month by month, decided and open."""

from typing import Any, Final

import pandas as pd

from nrr_core.charts.chart import Chart
from nrr_core.charts.plane import money_left, money_ticks, month_ticks
from nrr_core.charts.runway_layout import spec
from nrr_core.charts.scales import Axis, apart, floats, nice_axis
from nrr_core.formats import money_text, month_label
from nrr_core.periods import month_text, parse_month

__all__ = ["STATES", "runway"]

HEIGHT: Final = 280
STATES: Final = ("decided", "open")  # from the axis upwards
_EMPTY: Final = "No contract ends in these months."
_FRAMES: Final = ("bars", "keys", "totals", "months", "values", "times")


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
        why = caption or _EMPTY
        empty = {name: pd.DataFrame() for name in _FRAMES} | {"notice": pd.DataFrame({"text": [why]})}
        return Chart({**spec("62"), "height": HEIGHT}, empty, why, None, HEIGHT)
    rows = rows.assign(order=rows["state"].map(STATES.index)).sort_values(["month", "order"], kind="stable")
    every = [month_text(month) for month in range(parse_month(rows["month"].min()), parse_month(rows["month"].max()) + 1)]
    half = 0.5 / len(every)
    places = {month: half * (2 * k + 1) for k, month in enumerate(every)}
    axis = _axis(rows)
    said = {str(month): _said(own, currency) for month, own in rows.groupby("month")}
    times, values = month_ticks(every), money_ticks(axis, currency)
    datasets = {
        "bars": _bars(rows, axis).assign(fx=[places[month] for month in rows["month"]], half=half),
        "keys": _keys(rows, currency),
        "totals": _totals(rows, places, axis, currency),
        "months": pd.DataFrame(
            {
                "month": every,
                "fx": list(places.values()),
                "half": half,
                "said": [f"{month_label(month)}: {said.get(month, 'none')}" for month in every],
            }
        ),
        "values": values,
        "times": times.assign(fx=times["fx"] * (1 - 2 * half) + half),
        "notice": pd.DataFrame({"text": []}, dtype="str"),
    }
    largest = str(rows.groupby("month")["amount"].sum().idxmax())
    span = month_label(every[0]) + (f" to {month_label(every[-1])}" if len(every) > 1 else "")
    most = f" Most in {month_label(largest)}: {said[largest]}." if len(said) > 1 else ""
    alternative = f"Contract ends by month, {span}: {_said(rows, currency)}.{most}"
    return Chart({**spec(money_left(list(values["text"]))), "height": HEIGHT}, datasets, alternative, caption, HEIGHT)


def _axis(rows: pd.DataFrame) -> Axis:
    """From zero to the highest stack, and down to the lowest where amounts lie below zero."""
    ends = [*rows[rows["amount"] > 0].groupby("month")["amount"].sum(), *rows[rows["amount"] < 0].groupby("month")["amount"].sum()]
    return nice_axis([0.0, *ends] if ends else [0.0, 1.0])


def _keys(rows: pd.DataFrame, currency: str) -> pd.DataFrame:
    """What the two looks mean, with the sum of each state there is."""
    states = [state for state in STATES if state in set(rows["state"])]
    said = [_said(rows[rows["state"] == state], currency) for state in states]
    return pd.DataFrame({"state": states, "place": range(len(said)), "text": [words[0].upper() + words[1:] for words in said]})


def _totals(rows: pd.DataFrame, places: dict[str, float], axis: Axis, currency: str) -> pd.DataFrame:
    """The sum of each month, over its bar, where there is room."""
    sums = rows.groupby("month")["amount"].sum()
    tops = rows["amount"].clip(lower=0).groupby(rows["month"]).sum()
    fx = [places[str(month)] for month in sums.index]
    return pd.DataFrame(
        {
            "fx": fx,
            "fy": [axis.fraction(top) for top in tops],
            "text": [money_text(amount, currency=currency) for amount in sums],
            "labelled": apart(list(sums), fx, gap=0.055),
            "on_phones": apart(list(sums), fx, gap=0.16),
        }
    )
