"""Answers of the library in the shape the charts draw: floats in the display unit, one row per mark."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from nrr_core.schema import ALL

__all__ = [
    "STATES_BEHIND", "bridge_steps", "cohort_cells", "history_months", "matrix_cells", "segment_bars",
    "segment_points", "steps_of", "trend_points",
]  # fmt: skip

STEPS = ("opening", "expansion", "contraction", "churn", "retained", "reactivation", "new", "closing")
STATES_BEHIND = {
    "opening": ("expansion", "contraction", "churn", "flat"),
    "expansion": ("expansion",),
    "contraction": ("contraction",),
    "churn": ("churn",),
    "retained": ("expansion", "contraction", "flat"),
    "reactivation": ("reactivation",),
    "new": ("new",),
    "fx": ("expansion", "contraction", "flat", "reactivation", "new"),
    "closing": ("expansion", "contraction", "flat", "reactivation", "new"),
}


def steps_of(bridge: pd.DataFrame) -> tuple[str, ...]:
    """The steps of a bridge in drawing order; ``fx`` where exchange rates made a difference between opening and close."""
    return STEPS if "fx_mrr" not in bridge.columns else (*STEPS[:-1], "fx", STEPS[-1])


def bridge_steps(bridge: pd.DataFrame, *, factor: int = 1) -> pd.DataFrame:
    """One window's movements as the steps of a waterfall.

    Parameters
    ----------
    bridge
        One row of ``movements``.
    factor
        1 shows MRR, 12 ARR.

    Returns
    -------
    pandas.DataFrame
        step, amount (positive, currency units), accounts, share (of opening; None where opening is 0). “Retained” is
        what the opening accounts pay at the close: Retained ÷ Opening is NRR. “fx”, where the movements have it, is signed,
        and stands on all accounts that pay at the close.

    """
    row: dict[Any, Any] = bridge.iloc[0].to_dict()
    row["retained_mrr"] = row["opening_mrr"] + row["expansion_mrr"] - row["contraction_mrr"] - row["churn_mrr"]
    row["retained_accounts"] = row["opening_accounts"] - row["churn_accounts"]
    row["fx_accounts"] = row["closing_accounts"]
    opening, steps = row["opening_mrr"], steps_of(bridge)
    return pd.DataFrame(
        {
            "step": list(steps),
            "amount": [float(row[f"{step}_mrr"] * factor) for step in steps],
            "accounts": [int(row[f"{step}_accounts"]) for step in steps],
            "share": [float(row[f"{step}_mrr"] / opening) if opening else None for step in steps],
        }
    )


def trend_points(retention: pd.DataFrame, intervals: pd.DataFrame | None = None) -> pd.DataFrame:
    """NRR, GRR and logo retention of the total by close: month, series, value, partial; with ``intervals``, lower and upper of NRR."""
    total = retention[retention["segment"] == ALL]
    long = total.melt(
        id_vars=["close", "partial"],
        value_vars=["nrr", "grr", "logo_retention"],
        var_name="series",
        value_name="value",
    )
    points = long.rename(columns={"close": "month"})[["month", "series", "value", "partial"]]
    if intervals is None:
        return points
    found = _bounds(intervals, "nrr")
    keys = [(month, ALL) if series == "nrr" else None for month, series in zip(points["month"], points["series"], strict=True)]
    return points.assign(lower=[found.get(key, _NONE)[0] for key in keys], upper=[found.get(key, _NONE)[1] for key in keys])


_NONE: tuple[Any, Any] = (None, None)


def _bounds(intervals: pd.DataFrame, measure: str) -> dict[Any, tuple[Any, Any]]:
    """Low and high of a measure by close and segment."""
    own = intervals[intervals["measure"] == measure]
    columns = (own[name].tolist() for name in ("close", "segment", "low", "high"))
    return {(close, segment): (low, high) for close, segment, low, high in zip(*columns, strict=True)}


def cohort_cells(cohorts: pd.DataFrame, *, measure: str, factor: int = 1) -> pd.DataFrame:
    """Cohorts as cells: cohort, age, value (None where undefined), accounts, opening_mrr (display unit), partial."""
    return pd.DataFrame(
        {
            "cohort": cohorts["cohort"].tolist(),
            "age": cohorts["age"].astype(int).tolist(),
            "value": cohorts[measure].tolist(),
            "accounts": cohorts["accounts"].astype(int).tolist(),
            "opening_mrr": (cohorts["opening_mrr"].astype(float) * factor).tolist(),
        }
    )


def segment_bars(
    retention: pd.DataFrame,
    *,
    measure: str,
    factor: int = 1,
    intervals: pd.DataFrame | None = None,
    targets: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """One close by segment: segment, value, accounts, opening_mrr; segments without opening accounts left out.

    ``intervals`` of the same close give lower and upper, ``targets`` by segment give target.
    """
    held = retention[retention["opening_accounts"] > 0]
    bars = pd.DataFrame(
        {
            "segment": held["segment"].tolist(),
            "value": held[measure].tolist(),
            "accounts": held["opening_accounts"].astype(int).tolist(),
            "opening_mrr": (held["opening_mrr"].astype(float) * factor).tolist(),
        }
    )
    if intervals is not None:
        found = _bounds(intervals, measure)
        both = [found.get(key, _NONE) for key in zip(held["close"], held["segment"], strict=True)]
        bars = bars.assign(lower=[low for low, _ in both], upper=[high for _, high in both])
    if targets:
        aims: list[Any] = [targets.get(segment) for segment in bars["segment"]]
        bars = bars.assign(target=aims)
    return bars


def segment_points(retention: pd.DataFrame, *, measure: str, segments: list[str], intervals: pd.DataFrame | None = None) -> pd.DataFrame:
    """Every close of some segments: month, segment, value, partial; with ``intervals``, lower and upper."""
    held = retention[retention["segment"].isin(segments)]
    points = pd.DataFrame(
        {
            "month": held["close"].tolist(),
            "segment": held["segment"].tolist(),
            "value": held[measure].tolist(),
            "partial": held["partial"].tolist(),
        }
    )
    if intervals is None:
        return points
    found = _bounds(intervals, measure)
    ends = [found.get(key, _NONE) for key in zip(points["month"], points["segment"], strict=True)]
    return points.assign(lower=[low for low, _ in ends], upper=[high for _, high in ends])


def matrix_cells(crossed: pd.DataFrame, rows: pd.DataFrame, columns: pd.DataFrame, *, measure: str, factor: int = 1) -> pd.DataFrame:
    """Two attributes at one close, with the totals of both: row, column, value, accounts, opening_mrr.

    ``crossed`` is ``retention`` by both dimensions, ``rows`` and ``columns`` by each. Combinations without opening
    accounts are left out.
    """
    inner = crossed[crossed["segment"] != ALL]
    edges = rows.assign(segment_2=ALL), columns[columns["segment"] != ALL].assign(segment_2=columns["segment"], segment=ALL)
    held = pd.concat([inner, *edges], ignore_index=True)
    held = held[held["opening_accounts"] > 0]
    return pd.DataFrame(
        {
            "row": held["segment"].tolist(),
            "column": held["segment_2"].tolist(),
            "value": held[measure].tolist(),
            "accounts": held["opening_accounts"].astype(int).tolist(),
            "opening_mrr": (held["opening_mrr"].astype(float) * factor).tolist(),
        }
    )


def history_months(history: pd.DataFrame, *, factor: int = 1) -> pd.DataFrame:
    """One account's history for its chart: month, mrr, movement, delta (None where nothing moved)."""
    moved = history["movement"] != ""
    return pd.DataFrame(
        {
            "month": history["month"].tolist(),
            "mrr": (history["mrr"].astype(float) * factor).tolist(),
            "movement": [m or None for m in history["movement"]],
            "delta": [d if m else None for d, m in zip(history["change_mrr"].astype(float) * factor, moved, strict=True)],
        }
    )
