"""Waterfall: the steps between opening and closing MRR."""

from typing import Any, Final

import pandas as pd

from nrr_core.charts.chart import Chart
from nrr_core.charts.scales import Axis, cut_axis
from nrr_core.charts.waterfall_layout import spec
from nrr_core.formats import is_number, money_text, percent_text

__all__ = ["STEPS", "waterfall"]

STEPS: Final = {  # step: label, kind; “signed” is a gain or a loss
    "opening": ("Opening", "total"),
    "expansion": ("Expansion", "gain"),
    "contraction": ("Contraction", "loss"),
    "churn": ("Churn", "loss"),
    "retained": ("Retained", "total"),
    "reactivation": ("Reactivation", "gain"),
    "new": ("New", "gain"),
    "transfer_in": ("Moved in", "gain"),
    "transfer_out": ("Moved out", "loss"),
    "fx": ("Exchange rates", "signed"),
    "closing": ("Closing", "total"),
}
HEIGHT: Final = 380
_EMPTY: Final = "No recurring revenue in this window."
_COLUMNS: Final = ("step", "label", "kind", "i", "n", "f0", "f1", "end", "broken", "amount", "accounts", "share")
_TEXTS: Final = ("amount_text", "share_text", "description")


def _frame(steps: pd.DataFrame, axis: Axis, currency: str) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    level = 0.0
    for i, row in enumerate(steps.to_dict("records")):
        label, kind = STEPS[row["step"]][0], row["kind"]
        amount = float(row["amount"])
        share = row["share"] if is_number(row["share"]) else None
        start = max(axis.low, 0.0) if kind == "total" else level
        level = amount if kind == "total" else level + amount if kind == "gain" else level - amount
        signed = amount if kind != "loss" else -amount
        amount_text = money_text(signed, currency=currency, signed=kind != "total") if amount else "0"
        share_text = percent_text(share if share is None or kind != "loss" else -share, signed=kind != "total")
        said = f"{label}: {amount_text}" + (f", {share_text} of opening" if share is not None else "")
        f0, f1 = sorted((axis.fraction(start), axis.fraction(level)))
        rows.append(
            {"step": row["step"], "label": label, "kind": kind if amount else "none", "i": i, "n": len(steps)}
            | {"f0": f0, "f1": f1, "end": axis.fraction(level), "broken": kind == "total" and amount > axis.low > 0}
            | {"amount": amount, "accounts": int(row["accounts"]), "share": share, "amount_text": amount_text}
            | {"share_text": "" if share is None or row["step"] == "opening" or not amount else share_text}
            | {"description": f"{said}, {int(row['accounts']):,} accounts"}
        )
    return pd.DataFrame(rows, columns=[*_COLUMNS, *_TEXTS]).astype({"share": "float64"})


def _signed(steps: pd.DataFrame) -> pd.DataFrame:
    """The steps with their kinds; signed ones as a magnitude that was gained or lost."""
    kinds = [STEPS[step][1] for step in steps["step"]]
    fallen = [kind == "signed" and amount < 0 for kind, amount in zip(kinds, steps["amount"], strict=True)]
    kinds = ["loss" if down else "gain" if kind == "signed" else kind for kind, down in zip(kinds, fallen, strict=True)]
    turned = {
        name: [-value if down and is_number(value) else value for value, down in zip(steps[name], fallen, strict=True)]
        for name in ("amount", "share")
    }
    return steps.assign(kind=kinds, **turned)


def _levels(steps: pd.DataFrame) -> list[float]:
    """MRR after each step."""
    levels: list[float] = []
    for kind, amount in zip(steps["kind"], steps["amount"].astype(float), strict=True):
        before = levels[-1] if levels else 0.0
        levels.append(amount if kind == "total" else before + amount if kind == "gain" else before - amount)
    return levels


def waterfall(steps: pd.DataFrame, *, currency: str = "$") -> Chart:
    """The bridge from opening to closing MRR, upright on screens and lying on phones.

    Parameters
    ----------
    steps
        One row per step in drawing order: ``step`` (a key of STEPS), ``amount`` (MRR in the currency unit, a positive
        magnitude; of ``fx`` signed), ``accounts`` (count), ``share`` (ratio to opening; None where opening is 0).
    currency
        Written before amounts; empty for none.

    Returns
    -------
    Chart
        Click field ``step``. The caption tells where the amount axis starts if that is not zero. Without any amount:
        one sentence instead of bars.

    """
    steps = steps[["step", "amount", "accounts", "share"]].reset_index(drop=True)
    if steps.empty or not steps["amount"].abs().sum():
        frames = {"steps": pd.DataFrame(columns=[*_COLUMNS, *_TEXTS]), "ticks": pd.DataFrame(columns=["f", "text"])}
        return Chart({**spec(), "height": HEIGHT}, {**frames, "notice": pd.DataFrame({"text": [_EMPTY]})}, _EMPTY, None, HEIGHT)
    steps = _signed(steps)
    axis = cut_axis(_levels(steps))
    frame = _frame(steps, axis, currency)
    ticks = pd.DataFrame({"f": [axis.fraction(t) for t in axis.ticks], "text": [money_text(t, currency=currency) for t in axis.ticks]})
    start = money_text(axis.low, currency=currency)
    caption = f"The amount axis starts at {start} so the steps can be read." if axis.low > 0 else None
    alternative = "Waterfall of MRR. " + "; ".join(frame["description"]) + "."
    datasets = {"steps": frame, "ticks": ticks, "notice": pd.DataFrame({"text": []}, dtype="str")}
    return Chart({**spec(), "height": HEIGHT}, datasets, alternative, caption, HEIGHT)
