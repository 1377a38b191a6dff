"""Effects: the steps from the baseline's retention to the scenario's."""

import textwrap
from typing import Any, Final

import pandas as pd

from nrr_core.charts.chart import Chart
from nrr_core.charts.effects_layout import WRAPS, spec
from nrr_core.charts.plane import ratio_texts
from nrr_core.charts.scales import Axis, cut_axis, floats
from nrr_core.formats import UNKNOWN, is_number, measure_name, percent_text, plain_text, points_text

__all__ = ["effects"]

HEIGHT: Final = 380
_ROW: Final = 32  # pixels of a lying bar with its gap, at least
_NAME: Final = 40  # characters of a step's name
_EMPTY: Final = "The scenario cannot be compared: there is no baseline."
_STILL: Final = (points_text(0.0), UNKNOWN)  # what has no colour: a step that reads as no change
_COLUMNS: Final = ("step", "label", "kind", "i", "n", "f0", "f1", "end", "broken", "text", "level", "description")


def _wrap(text: str, width: int, lines: int) -> str:
    """At most ``lines`` lines of ``width`` characters, a per cent sign kept with its number."""
    return "\n".join(textwrap.wrap(text.replace(" %", "\u00a0%"), width, max_lines=lines, placeholder="…"))


def _levels(steps: pd.DataFrame) -> list[float]:
    """Retention after each step."""
    levels: list[float] = []
    for kind, value in zip(steps["kind"], steps["value"], strict=True):
        known = value if is_number(value) else 0.0
        before = levels[-1] if levels else 0.0
        levels.append(value if kind == "total" and is_number(value) else before if kind == "total" else before + known)
    return levels


def _frame(steps: pd.DataFrame, levels: list[float], axis: Axis, measure: str) -> pd.DataFrame:
    foot = max(axis.low, 0.0)
    rows: list[dict[str, Any]] = []
    for i, (row, level) in enumerate(zip(steps.to_dict("records"), levels, strict=True)):
        total, label = row["kind"] == "total", plain_text(row["step"], limit=_NAME)
        f0, f1 = sorted((axis.fraction(foot if total else levels[i - 1] if i else 0.0), axis.fraction(level)))
        text = percent_text(row["value"]) if total else points_text(row["value"])
        rows.append(
            {
                "step": row["step"],
                "label": label,
                "kind": row["kind"] if total or text not in _STILL else "none",
                "i": i,
                "n": len(steps),
            }
            | {"f0": f0, "f1": f1, "end": axis.fraction(level), "broken": total and level > axis.low > 0}
            | {"text": text, "level": percent_text(level), "description": f"{label}: {measure if total else ''} {text}".replace("  ", " ")}
            | {name: _wrap(label, *size) for name, size in WRAPS.items()}
        )
    return pd.DataFrame(rows)


def _ticks(axis: Axis, count: int) -> pd.DataFrame:
    places = [axis.fraction(tick) for tick in axis.ticks]
    return pd.DataFrame({"f": places, "text": ratio_texts(axis), "odd": [k % 2 == 1 for k in range(len(places))], "n": count})


def effects(steps: pd.DataFrame, *, measure: str = "NRR") -> Chart:
    """The bridge from the baseline's retention to the scenario's, upright where names have room, else lying.

    Parameters
    ----------
    steps
        One row per step in drawing order, the first the baseline, the last the scenario: ``step`` (its name), ``kind``
        (``total``, ``gain``, ``loss`` or ``none``), ``value`` (ratio: the level of a total, the signed difference of any
        other; None where undefined, drawn as no change).
    measure
        What is shown, for the texts.

    Returns
    -------
    Chart
        Click field ``step``. The caption tells where the axis starts if that is not zero. Without a baseline: one
        sentence instead of bars.

    """
    steps = steps[["step", "kind", "value"]].reset_index(drop=True).assign(value=floats(steps["value"]))
    height = max(HEIGHT, 34 + _ROW * len(steps))
    drawing = {**spec(), "height": height}
    if steps.empty or not is_number(steps["value"].iloc[0]):
        empty = {"steps": pd.DataFrame(columns=[*_COLUMNS, *WRAPS]), "ticks": pd.DataFrame(columns=["f", "text", "odd", "n"])}
        return Chart(drawing, {**empty, "notice": pd.DataFrame({"text": [_EMPTY]})}, _EMPTY, None, height)
    levels = _levels(steps)
    axis = cut_axis(levels, least=0.01)
    frame = _frame(steps, levels, axis, measure_name(measure))
    ticks = _ticks(axis, len(steps))
    caption = f"The axis starts at {ticks['text'].iloc[0]}, not at zero, so the steps can be read." if axis.low > 0 else None
    alternative = f"{measure_name(measure)} from baseline to scenario. " + "; ".join(frame["description"]) + "."
    return Chart(drawing, {"steps": frame, "ticks": ticks, "notice": pd.DataFrame({"text": []}, dtype="str")}, alternative, caption, height)
