"""Drivers of a period in sentences, and in the shape the charts draw."""

from typing import Final

import pandas as pd

from nrr_core.explain.drivers import LEFT, REASON, TYPE, Drivers
from nrr_core.explain.parts import NOT_SPLIT
from nrr_core.explain.split import Split
from nrr_core.formats import money_text, percent_text, plain_text, points_text
from nrr_core.roles import LABELS

__all__ = ["driver_bars", "driver_rows", "drivers_finding", "price_finding", "split_rows", "standing_finding", "type_steps"]

_TYPES: Final = dict(LABELS) | {"price": "Price", NOT_SPLIT: "Not split", LEFT: "Left"}
_SAID: Final = 0.005  # a smaller share rounds to 0%
_STEADY: Final = 0.0005  # less rounds to 0.0 points
_TOP: Final = 3
_BARS: Final = 8
_MIN_BASE: Final = 10


def drivers_finding(found: Drivers, *, currency: str, factor: int = 1) -> str:
    """The headline of a period: the largest driver of expansion and the largest cause of loss."""
    grown, lost = _sum(found.gains, "expansion_mrr") * factor, _sum(found.losses, "lost_mrr") * factor
    if not grown and not lost:
        return "No opening account changed what it pays"
    parts = []
    if grown:
        gains = _largest(found.gains, TYPE)
        parts.append(f"Expansion of {money_text(grown, currency=currency)}" + (f" came first from {gains}" if gains else ""))
    if lost:
        noun, amount = "losses" if parts else "Losses", money_text(lost, currency=currency)
        parts.append(f"{noun} of {amount} {_loss(found, lost / factor)}")
    text = "; ".join(parts)
    return text if lost or _largest(found.gains, TYPE) else f"{text} has no known driver"


def _sum(frame: pd.DataFrame, column: str) -> float:
    return float(frame.loc[frame["ranked_by"] == TYPE, column].astype(float).sum())


def _largest(frame: pd.DataFrame, ranked_by: str) -> str:
    """The largest known driver of one ranking with its share; empty where there is none."""
    rows = frame[(frame["ranked_by"] == ranked_by) & (frame["rank"] > 0) & (frame["share"] > 0)]
    if rows.empty:
        return ""
    driver = str(rows["driver"].iloc[0])
    label = _TYPES[driver].lower() if ranked_by == TYPE else f"“{plain_text(driver, limit=40)}”"
    return f"{label} ({percent_text(rows['share'].iloc[0], digits=0)})"


def _loss(found: Drivers, lost: float) -> str:
    """The reason with the most MRR, and how much has none; without reasons, how much of the loss left altogether."""
    reason = _largest(found.losses, REASON)
    if reason:
        shares = found.losses[found.losses["ranked_by"] == REASON].set_index("rank")["share"].astype(float)
        blank = float(shares.get(0, 0.0))
        if blank > shares[1]:
            return f"have no reason for {percent_text(blank, digits=0)}; the largest given is {reason}"
        return f"came first from {reason}" + (f", and {percent_text(blank, digits=0)} has no reason" if blank >= _SAID else "")
    left = _sum(found.losses, "churn_mrr") / lost
    return f"are {percent_text(left, digits=0)} from accounts that left"


def driver_rows(frame: pd.DataFrame, ranked_by: str) -> pd.DataFrame:
    """One ranking with the names that are shown."""
    rows = frame[frame["ranked_by"] == ranked_by].drop(columns="ranked_by").reset_index(drop=True)
    rows.attrs = {"stamp": frame.attrs["stamp"] | {"question": f"{frame.attrs['stamp']['question']}, ranked by {ranked_by}"}}
    return rows.assign(driver=[_TYPES[name] for name in rows["driver"]]) if ranked_by == TYPE else rows


def driver_bars(frame: pd.DataFrame, ranked_by: str, *, factor: int = 1) -> pd.DataFrame:
    """One ranking as bars, the eight largest, the others as one, and what is not known.

    Columns: driver, label, amount (display unit), share, accounts, kind (``top`` of the first three, ``other``, ``unknown``).
    """
    rows = driver_rows(frame, ranked_by)
    amount = rows["lost_mrr" if "lost_mrr" in rows else "expansion_mrr"].astype(float) * factor
    rank = rows["rank"].astype(int)
    top = (rank <= _TOP) & (amount > 0)
    bars = pd.DataFrame({"driver": rows["driver"], "amount": amount, "share": rows["share"], "accounts": rows["accounts"].astype(int)})
    bars["kind"] = ["unknown" if not place else "top" if high else "other" for place, high in zip(rank, top, strict=True)]
    bars.insert(1, "label", [plain_text(name, limit=40) for name in bars["driver"]])
    rest = bars[rank > _BARS]
    if rest.empty:
        return bars
    sums = {name: rest[name].sum() for name in ("amount", "share", "accounts")}
    more = pd.DataFrame([{"driver": "", "label": f"{len(rest)} others", "kind": "other"} | sums])[list(bars.columns)]
    return pd.concat([bars[(rank > 0) & (rank <= _BARS)], more, bars[rank == 0]], ignore_index=True)


def price_finding(split: Split) -> str:
    """What NRR would be without price changes, and how much could not be split."""
    if split.nrr is None or split.nrr_without_price is None:
        return "Nobody paid at the open, so there is nothing to split."
    if split.seats is None:
        return "No column counts seats, licences or units, so price can't be told apart from volume. Add a column “seats” to the file."
    seats, nrr, without = plain_text(split.seats, limit=40), *(percent_text(float(x)) for x in (split.nrr, split.nrr_without_price))
    rest = f" {percent_text(split.not_split)} of expansion and contraction could not be split: no {seats}." if split.not_split else ""
    price = float(split.nrr - split.nrr_without_price)
    if abs(price) < _STEADY:
        return f"Prices did not move NRR: it is {nrr} with and without their changes.{rest}"
    size = points_text(abs(price)).lstrip("+")
    return f"Price changes {'added' if price > 0 else 'took'} {size}: without them NRR would be {without}, not {nrr}.{rest}"


def split_rows(split: Split) -> pd.DataFrame:
    """The parts of a split with the names that are shown."""
    return split.parts.assign(type=[_TYPES[name] for name in split.parts["type"]])


def type_steps(split: Split) -> pd.DataFrame:
    """From 100 % to NRR by what changed: step, kind, value; empty without an opening."""
    if split.nrr is None:
        return pd.DataFrame({"step": [], "kind": [], "value": []})
    opening = split.opening_mrr
    net = {name: float(amount / opening) for name, amount in zip(split.parts["type"], split.parts["net_mrr"], strict=True)}
    steps = [(_TYPES[name], value) for name, value in net.items() if value or name != NOT_SPLIT]
    steps.append(("Churn", -float(split.churn_mrr / opening)))
    kinds = ["gain" if value > 0 else "loss" if value < 0 else "none" for _, value in steps]
    return pd.DataFrame(
        {
            "step": ["Opening", *(name for name, _ in steps), "NRR"],
            "kind": ["total", *kinds, "total"],
            "value": [1.0, *(value for _, value in steps), float(split.nrr)],
        }
    )


def standing_finding(frame: pd.DataFrame, *, dimension: str, early: int) -> str:
    """Where most and fewest accounts leave early, among segments with enough of them."""
    rows = frame[frame["arrived_accounts"] >= _MIN_BASE].sort_values("early_churn", kind="stable")
    name, span = plain_text(dimension, limit=40), "1 month" if early == 1 else f"{early} months"
    if len(rows) < 2:  # noqa: PLR2004 - nothing to compare
        return f"Early churn: fewer than two segments of {name} have {_MIN_BASE} accounts whose first {span} ended in this window."
    low, high = rows.iloc[0], rows.iloc[-1]
    most, least = (percent_text(row["early_churn"], digits=0) for row in (high, low))
    if most == least:
        return f"Accounts that left within {span} of their first payment: {most}, whatever the {name}."
    names = [plain_text(row["segment"], limit=40) for row in (high, low)]
    return f"Accounts that left within {span} of their first payment: {most} for {names[0]}, {least} for {names[1]}."
