"""Segments: retention of each, around the 100 % line, with the base it rests on."""

from typing import Final

import pandas as pd

from nrr_core.charts.chart import Chart
from nrr_core.charts.scales import nice_axis, through
from nrr_core.charts.segments_layout import HEAD, ROW, spec
from nrr_core.formats import UNKNOWN, is_number, measure_name, money_text, percent_text, plain_text
from nrr_core.schema import ALL

__all__ = ["MOST", "OTHER", "segments"]

MOST: Final = 25
OTHER: Final = "(other)"
TOLD: Final = 12  # segments named in the alternative text
_EMPTY: Final = "No segment had revenue when the window opened."


def _folded(bars: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The largest segments by opening MRR; what lies beyond MOST is one row, weighted by its base."""
    ranked = bars.sort_values("opening_mrr", ascending=False, kind="stable")
    if len(ranked) <= MOST:
        return ranked.assign(folded=0)
    kept, rest = ranked.head(MOST - 1), ranked.tail(len(ranked) - MOST + 1)
    weights = rest["accounts" if measure == "logo_retention" else "opening_mrr"].astype(float)
    base = float(weights[rest["value"].notna()].sum())
    value = float((weights * rest["value"]).sum()) / base if base else None
    other = {
        "segment": OTHER,
        "value": value,
        "accounts": rest["accounts"].sum(),
        "opening_mrr": rest["opening_mrr"].sum(),
    }
    return pd.concat([kept.assign(folded=0), pd.DataFrame([other | {"folded": len(rest)}])], ignore_index=True)


def segments(bars: pd.DataFrame, *, measure: str = "nrr", min_base: int = 10, sort: str = "opening_mrr", currency: str = "$") -> Chart:
    """Retention by segment as bars from the 100 % line, the total as a dashed reference.

    Parameters
    ----------
    bars
        ``segment`` (text; ``(all)`` is the total), ``value`` (ratio or None), ``accounts`` (opening accounts),
        ``opening_mrr`` (currency unit); optional ``lower`` and ``upper`` (interval, ratios) and ``target`` (ratio or None).
    measure
        ``nrr``, ``grr`` or ``logo_retention``.
    min_base
        Segments with fewer accounts are greyed and say so.
    sort
        ``opening_mrr`` or ``value``, largest first.
    currency
        Written before amounts.

    Returns
    -------
    Chart
        Click field ``segment`` (``(other)`` for the fold). At most 25 rows; the caption tells how many were folded.
        Without any segment: one sentence.

    """
    bars = bars.assign(**{name: None for name in ("lower", "upper", "target") if name not in bars})
    total = bars.loc[bars["segment"] == ALL, "value"]
    rows = _folded(bars[bars["segment"] != ALL], measure)
    if sort == "value":
        rows = rows.sort_values("value", ascending=False, na_position="last", kind="stable")
    rows = rows.reset_index(drop=True)
    height = HEAD + max(len(rows), 3) * ROW + 6
    frame, ticks, line = _frames(rows, total, measure=measure, min_base=min_base, currency=currency)
    notice = pd.DataFrame({"text": [] if len(rows) else [_EMPTY]}, dtype="str")
    known = frame[frame["value"].notna()]
    datasets = {"bars": known, "rows": frame, "ticks": ticks, "total": line, "notice": notice}
    folded = int(rows["folded"].sum()) if len(rows) else 0
    caption = f"The {folded} smallest segments are shown together as {OTHER}." if folded else None
    said = f"{measure_name(measure)} by segment. " + "; ".join([*line["text"], *frame["said"].head(TOLD)]) + "."
    return Chart({**spec(), "height": height}, datasets, said if len(rows) else _EMPTY, caption, height)


def _frames(
    rows: pd.DataFrame, total: pd.Series, *, measure: str, min_base: int, currency: str
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    numbers = [value for name in ("value", "lower", "upper", "target") for value in rows[name] if is_number(value)]
    totals = [value for value in total if is_number(value)] if len(rows) else []
    axis = through(nice_axis([*numbers, *totals, 1.0], count=4, least=0.04), 1.0)
    frame = rows.assign(row=range(len(rows)), f_one=axis.fraction(1.0), small=rows["accounts"] < min_base)
    for column, place in (("value", "f"), ("lower", "f_lower"), ("upper", "f_upper"), ("target", "f_target")):
        frame[place] = [axis.fraction(value) if is_number(value) else None for value in rows[column]]
        frame[place] = frame[place].astype("float64")
    frame["f_low"] = frame[["f", "f_lower", "f_upper", "f_one"]].min(axis=1)
    frame["f_high"] = frame[["f", "f_lower", "f_upper", "f_one"]].max(axis=1)
    frame["below"] = frame["f"] < frame["f_one"]
    neutral = measure in ("grr", "logo_retention")
    frame["kind"] = [
        "small" if small else "total" if neutral else "loss" if below else "gain"
        for small, below in zip(frame["small"], frame["below"], strict=True)
    ]
    frame["text"] = [percent_text(value) for value in rows["value"]]
    frame["exact"] = [percent_text(value, digits=2) for value in rows["value"]]
    frame["interval"] = [
        f"{percent_text(low)} to {percent_text(high)}" if is_number(low) else UNKNOWN
        for low, high in zip(rows["lower"], rows["upper"], strict=True)
    ]
    frame["aim"] = [percent_text(value) for value in rows["target"]]
    frame["label"] = [
        f"Other ({folded} segments)" if folded else plain_text(name) for name, folded in zip(rows["segment"], rows["folded"], strict=True)
    ]
    bases = zip(rows["accounts"], rows["opening_mrr"], frame["small"], strict=True)
    words = [(f"n = {int(n):,} · {money_text(float(mrr), currency=currency)}", " · small base" if small else "") for n, mrr, small in bases]
    frame["base"] = [base + ("" if small else " opening") + small for base, small in words]
    frame["short"] = [base for base, _ in words]
    frame["said"] = [f"{label}: {text}, {base}" for label, text, base in zip(frame["label"], frame["text"], frame["base"], strict=True)]
    texts = [percent_text(tick, digits=0) for tick in axis.ticks]
    hundred = axis.ticks.index(1.0) if 1.0 in axis.ticks else texts.index("100%")
    near = totals[0] if totals else None
    ticks = pd.DataFrame(
        {
            "f": [axis.fraction(tick) for tick in axis.ticks],
            "text": texts,
            "strong": [k == hundred for k in range(len(texts))],
            "odd": [(k - hundred) % 2 == 1 for k in range(len(texts))],
        }
    )
    line = (
        pd.DataFrame({"f": [axis.fraction(near)], "text": [f"All {percent_text(near)}"]})
        if near is not None
        else pd.DataFrame({"f": [], "text": []})
    )
    return frame, ticks if len(rows) else ticks.head(0), line
