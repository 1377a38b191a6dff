"""Conventions: one ratio under several definitions, as dots on one axis, so that their spread is seen."""

from typing import Final

import pandas as pd

from nrr_core.charts.chart import Chart
from nrr_core.charts.conventions_layout import HEAD, ROW, spec
from nrr_core.charts.plane import ratio_axis, ratio_texts
from nrr_core.charts.scales import floats
from nrr_core.formats import is_number, percent_text, plain_text

__all__ = ["conventions"]

_NAME: Final = 60
_EMPTY: Final = "None of these definitions has a value here."
_SAME: Final = 5e-4  # closer to 100 % than a shown decimal


def conventions(rows: pd.DataFrame, *, measure: str = "NRR") -> Chart:
    """One ratio under several definitions.

    Parameters
    ----------
    rows
        ``segment`` (the definition's name), ``value`` (ratio or None), in drawing order; optional ``chosen`` (bool): the
        definition in force, drawn as a ring.
    measure
        What is shown, for the texts.

    Returns
    -------
    Chart
        Click field ``segment``. The axis always shows 100 %. Without any value: one sentence.

    """
    shown = rows.assign(value=floats(rows["value"]), row=range(len(rows)))
    known = [value for value in shown["value"] if is_number(value)]
    height = HEAD + max(len(shown), 2) * ROW + 8
    if not known:
        empty = {name: pd.DataFrame() for name in ("dots", "rows", "ticks")}
        return Chart({**spec(), "height": height}, {**empty, "notice": pd.DataFrame({"text": [_EMPTY]})}, _EMPTY, None, height)
    axis = ratio_axis(known)
    shown["label"] = [plain_text(name, limit=_NAME) for name in shown["segment"]]
    shown["text"] = [percent_text(value) if is_number(value) else "–" for value in shown["value"]]
    shown["said"] = [f"{label}: {measure} {text}" for label, text in zip(shown["label"], shown["text"], strict=True)]
    shown["f"] = [axis.fraction(value) if is_number(value) else None for value in shown["value"]]
    shown["f_one"] = axis.fraction(1.0)
    shown["kind"] = ["none" if not is_number(v) or abs(v - 1) < _SAME else "gain" if v > 1 else "loss" for v in shown["value"]]
    shown["chosen"] = rows["chosen"].astype(bool).tolist() if "chosen" in rows else False
    places = [axis.fraction(tick) for tick in axis.ticks]
    strong = [abs(tick - 1) < 1e-9 for tick in axis.ticks]  # noqa: PLR2004 - rounding noise
    ticks = pd.DataFrame({"f": places, "text": ratio_texts(axis), "strong": strong, "odd": [k % 2 == 1 for k in range(len(places))]})
    dots = shown[shown["f"].notna()]
    columns = ["segment", "label", "row", "f", "f_one", "text", "kind", "chosen", "said"]
    datasets = {"dots": dots[columns], "rows": shown[columns], "ticks": ticks, "notice": pd.DataFrame({"text": []}, dtype="str")}
    said = f"{measure} under {len(shown)} definitions. " + "; ".join(shown["said"]) + "."
    return Chart({**spec(), "height": height}, datasets, said, None, height)
