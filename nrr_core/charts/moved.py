"""Moved: the bridge from one NRR to another, through what moved it."""

from dataclasses import replace
from typing import Final

import pandas as pd

from nrr_core.charts.chart import Chart
from nrr_core.charts.effects import effects
from nrr_core.formats import plain_text

__all__ = ["moved"]

_EMPTY: Final = "There is no NRR to compare here."


def moved(steps: pd.DataFrame, *, measure: str = "NRR") -> Chart:
    """The bridge between two retentions; upright where names have room, else lying.

    Parameters
    ----------
    steps
        As ``effects`` takes them: the first and the last row are totals, the others signed differences.
    measure
        What is shown, for the texts.

    Returns
    -------
    Chart
        Click field ``step``. The caption tells where the axis starts if that is not zero. Without steps: one sentence.

    """
    drawn = effects(steps, measure=measure)
    if drawn.datasets["steps"].empty:
        notice = pd.DataFrame({"text": [_EMPTY]})
        return replace(drawn, alt=_EMPTY, datasets=drawn.datasets | {"notice": notice})
    ends = [plain_text(name) for name in (steps["step"].iloc[0], steps["step"].iloc[-1])]
    told = "; ".join(drawn.datasets["steps"]["description"])
    return replace(drawn, alt=f"{measure}, from {ends[0]} to {ends[1]}. {told}.")
