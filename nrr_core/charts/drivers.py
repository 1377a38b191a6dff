"""Drivers: amounts ranked from the largest, what is not known set apart."""

from typing import Final

import pandas as pd

from nrr_core.charts.chart import Chart
from nrr_core.charts.drivers_layout import HEAD, ROW, spec
from nrr_core.charts.scales import nice_axis
from nrr_core.formats import money_text, percent_text, plain_text

__all__ = ["drivers"]

_EMPTY: Final = "Nothing moved in this window."
_COLUMNS: Final = ("driver", "label", "amount", "share", "accounts", "kind")


def drivers(bars: pd.DataFrame, *, side: str, currency: str = "$") -> Chart:
    """Amounts as lying bars in the order given.

    Parameters
    ----------
    bars
        driver, label (text), amount (currency units; may be negative), share (of all), accounts, kind: ``top``, ``other`` or
        ``unknown``.
    side
        ``gain`` or ``loss``, for the colour.
    currency
        Written before amounts.

    Returns
    -------
    Chart
        Click field ``driver``. Without bars: one sentence.

    """
    rows = bars[list(_COLUMNS)].reset_index(drop=True)
    height = HEAD + max(len(rows), 2) * ROW + 6
    axis = nice_axis([*rows["amount"], 0.0], count=3)
    frame = rows.assign(row=range(len(rows)), f0=axis.fraction(0.0), f1=[axis.fraction(v) for v in rows["amount"]], side=side)
    frame["label"] = [plain_text(name, limit=40) for name in rows["label"]]
    frame["text"] = [money_text(amount, currency=currency) for amount in rows["amount"]]
    frame["base"] = [
        f"{percent_text(share, digits=0)} · {n:,} {'account' if n == 1 else 'accounts'}"
        for share, n in zip(rows["share"], rows["accounts"], strict=True)
    ]
    frame["said"] = [f"{label}: {text}, {base}" for label, text, base in zip(frame["label"], frame["text"], frame["base"], strict=True)]
    zero = pd.DataFrame({"f": [axis.fraction(0.0)] if len(rows) else []}, dtype="float64")
    notice = pd.DataFrame({"text": [] if len(rows) else [_EMPTY]}, dtype="str")
    noun = "Expansion" if side == "gain" else "Losses"
    told = f"{noun} by driver. " + "; ".join(frame["said"]) + "." if len(rows) else _EMPTY
    return Chart({**spec(), "height": height}, {"drivers": frame, "zero": zero, "notice": notice}, told, None, height)
