"""Why NRR moved, in a sentence to be read out loud and as the steps of a bridge."""

import math
from typing import Final

import pandas as pd

from nrr_core.explain.effects import OTHER_SEGMENTS, OTHERS, PARTS
from nrr_core.explain.findings import Finding
from nrr_core.explain.moved import Moved
from nrr_core.formats import percent_text, plain_text, points_text

__all__ = ["moved_detail", "moved_finding", "moved_steps", "overview_moved"]

_STEADY: Final = 0.0005  # less rounds to 0.0 points
_MOST_PARTS: Final = 3
_ALONE: Final = 0.001  # an account is named from a tenth of a point on
_WORDS: Final = {  # part: what a gain is called, what a loss is called
    "expansion": ("more expansion", "less expansion"),
    "contraction": ("less contraction", "more contraction"),
    "churn": ("less churn", "more churn"),
    "mix": ("the mix", "the mix"),
}


def moved_finding(moved: Moved) -> str:
    """Why NRR moved, or differs, in one sentence."""
    before, after = moved.before, moved.after
    if moved.change is None or before.nrr is None or after.nrr is None:
        empty = [_named(moved, side.label) for side in (before, after) if side.nrr is None]
        return f"There is no NRR to compare: nobody paid at the open of {' and of '.join(empty)}"
    change = float(moved.change)
    first, last = percent_text(float(before.nrr)), percent_text(float(after.nrr))
    told, names = _causes(moved), (plain_text(before.label, limit=40), plain_text(after.label, limit=40))
    if abs(change) < _STEADY:
        stayed = f"NRR is {last} in both windows" if moved.windows else f"{names[1]} and {names[0]} both keep {last}"
        return f"{stayed}: {told}" if told else f"{stayed}, and nothing behind it moved"
    size = f"{_size(change)} {'point' if _size(change) == '1.0' else 'points'}"
    if not moved.windows:
        return f"{names[1]} keeps {size} {'more' if change > 0 else 'less'} than {names[0]} ({last} against {first}): {told}"
    return f"NRR {'rose' if change > 0 else 'fell'} {size} to {last} in {names[1]}, from {first} in {names[0]}: {told}"


def _named(moved: Moved, label: str) -> str:
    return f"the window closing in {label}" if moved.windows else plain_text(label, limit=40)


def _size(points: float) -> str:
    """The size of a difference in points, without sign and unit."""
    return points_text(abs(points)).lstrip("+").removesuffix(" pt")


def _causes(moved: Moved) -> str:
    """The parts that show in a tenth of a point, the largest first."""
    parts = sorted(zip(moved.parts["part"], moved.parts["points"], strict=True), key=lambda row: -abs(row[1]))
    told = [
        f"{_WORDS[part][points < 0]} {'added' if points > 0 else 'took'} {_size(points)}"
        for part, points in parts
        if abs(points) >= _STEADY
    ]
    told = told[:_MOST_PARTS]
    return (", ".join(told[:-1]) + " and " if len(told) > 1 else "") + told[-1] if told else ""


def moved_detail(moved: Moved) -> str:
    """What the mix is, the segment and the account that moved NRR most; empty where nothing stands out."""
    said = []
    parts = dict(zip(moved.parts["part"], moved.parts["points"], strict=True))
    if abs(parts.get("mix", 0.0)) >= _STEADY and moved.by:
        more = "more" if parts["mix"] > 0 else "less"
        base = "the later base" if moved.windows else plain_text(moved.after.label, limit=40)
        said.append(f"Mix: {base} has {more} of the segments of {plain_text(moved.by, limit=40)} that keep well.")
    rows = moved.table[moved.table["segment"] != OTHER_SEGMENTS]
    if len(moved.table) > 1 and len(rows):
        row = rows.iloc[int(rows["points"].abs().argmax())]
        if abs(row["points"]) >= _STEADY:
            said.append(f"{plain_text(row['segment'], limit=40)} moved it most ({points_text(row['points'])}).")
    if len(moved.accounts):
        first = moved.accounts.iloc[0]
        if first["account_id"] != OTHERS and abs(first["points"]) >= _ALONE:
            said.append(
                f"The account with the largest effect is {plain_text(first['account_id'], limit=40)} ({points_text(first['points'])})."
            )
    return " ".join(said)


def overview_moved(moved: Moved, *, shown: float | None = None) -> Finding | None:
    """The sentence for a list of what changed, with its tone; None where nothing can be compared or nothing moved.

    ``shown`` is the NRR beside it: where that is another card's, the sentence says that it compares both ends of the window.
    """
    if moved.change is None or moved.after.nrr is None or abs(float(moved.change)) < _STEADY:
        return None
    other = shown is not None and not math.isclose(shown, float(moved.after.nrr), abs_tol=1e-12)
    said = f"{'From the opening to the close of a window, ' if other else ''}{moved_finding(moved)}"
    return Finding(f"{said}.", "good" if moved.change > 0 else "bad")


def moved_steps(moved: Moved) -> pd.DataFrame:
    """NRR before, its parts, NRR after, as the steps of a bridge: step, kind, value; empty where nothing can be compared."""
    if moved.change is None or moved.before.nrr is None or moved.after.nrr is None:
        return pd.DataFrame({"step": [], "kind": [], "value": []})
    points = dict(zip(moved.parts["part"], moved.parts["points"], strict=True))
    shown = [part for part in PARTS if part != "mix" or moved.by is not None]
    kinds = ["gain" if points[part] > 0 else "loss" if points[part] < 0 else "none" for part in shown]
    ends = [f"NRR {plain_text(side.label, limit=36)}" for side in (moved.before, moved.after)]
    return pd.DataFrame(
        {
            "step": [ends[0], *(part.capitalize() for part in shown), ends[1]],
            "kind": ["total", *kinds, "total"],
            "value": [float(moved.before.nrr), *(points[part] for part in shown), float(moved.after.nrr)],
        }
    )
