"""Sentences that state a finding. Every figure in them is in the tables they are made from."""

import math
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from nrr_core.formats import money_text, month_label, percent_text, plain_text, points_text
from nrr_core.schema import ALL

__all__ = [
    "MIN_BASE",
    "Finding",
    "accounts_finding",
    "cohort_finding",
    "overview_findings",
    "points_text",
    "rates_note",
    "segment_finding",
    "waterfall_finding",
]

MIN_BASE = 10  # a rate on fewer accounts is not a headline
_MIN_SHARE = 0.05  # nor is a segment with less than this share of the opening
_COMPARABLE = 4  # cohorts at one age, before older and newer ones are compared
_SAME = 0.005  # half a point apart is no news
_MEASURES = {"nrr": "NRR", "grr": "GRR", "logo_retention": "Logo retention"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence, and whether it is good news: ``good``, ``bad`` or ``plain``."""

    text: str
    tone: str = "plain"


def waterfall_finding(bridge: pd.DataFrame, *, currency: str, factor: int = 1) -> str:
    """The headline of one window's bridge: the biggest loss against the biggest gain among the opening accounts."""
    row = bridge.iloc[0]
    if not row.opening_mrr:
        arrived = row.new_mrr + row.reactivation_mrr
        if not arrived:
            return "Nothing was paid at the open or at the close of this window"
        return f"Nothing was paid at the open; {_money(arrived, currency, factor)} arrived by the close"
    losses = {"Churn": row.churn_mrr, "Contraction": row.contraction_mrr}
    loss = max(losses, key=lambda name: losses[name])
    gained, lost = row.expansion_mrr, losses[loss]
    if not lost and not gained:
        return "No opening account changed what it pays"
    if not lost:
        return f"Expansion added {_money(gained, currency, factor)}; nothing was lost"
    if not gained:
        return f"{loss} took {_money(lost, currency, factor)}; nothing was won back by expansion"
    verb = "won back" if gained < row.churn_mrr + row.contraction_mrr else "more than made up for it with"
    return f"{loss} took {_money(lost, currency, factor)}; expansion {verb} {_money(gained, currency, factor)}"


def rates_note(bridge: pd.DataFrame) -> str:
    """At which exchange rates a bridge is; empty where nothing was converted, or each month at its own."""
    if "fx_mrr" not in bridge.columns:
        return ""
    row = bridge.iloc[0]
    return (
        f"All steps, and the accounts in them, are at the exchange rates of {month_label(row.open)}. “Exchange rates” is what rates did "
        f"by {month_label(row.close)}; closing is at the rates of that month."
    )


def overview_findings(
    now: pd.DataFrame, before: pd.DataFrame | None, segments: dict[str, pd.DataFrame], *, currency: str, factor: int = 1
) -> list[Finding]:
    """What changed, in order of weight. Where the card's NRR is not made of the window's movements, their sentence says so.

    Parameters
    ----------
    now, before
        One row of ``movements`` joined with ``retention`` for the window and for the one right before it, or None.
    segments
        ``retention`` of the same window by dimension.
    currency, factor
        Prefix of amounts, and 1 for MRR or 12 for ARR.

    """
    row = now.iloc[0]
    if not row.opening_mrr:
        return [Finding("Nobody was paying when this window opened, so there is no retention to measure.")]
    found = [_level(row, None if before is None or before.empty else before.iloc[0])]
    kept = row.opening_mrr + row.expansion_mrr - row.contraction_mrr - row.churn_mrr
    of_ends = math.isclose(row.nrr, float(kept / row.opening_mrr), abs_tol=1e-12)
    what = {name: _with_share(row, name, currency, factor) for name in ("expansion", "churn", "contraction")}
    said = f"expansion added {what['expansion']}; churn took {what['churn']} and contraction {what['contraction']}."
    tone = "good" if row.expansion_mrr >= row.churn_mrr + row.contraction_mrr else "bad"
    found.append(Finding(said[0].upper() + said[1:] if of_ends else f"Between the two ends of the window, {said}", tone))
    lost = f": {percent_text(1 - row.grr)} of opening was lost before any expansion, and" if of_ends else ";"
    left = f"{int(row.churn_accounts):,} of {int(row.opening_accounts):,} accounts left"
    found.append(Finding(f"GRR is {percent_text(row.grr)}{lost} {left}."))
    gap = _widest_gap(segments)
    if gap:
        found.append(gap)
    return found


def _level(row: pd.Series, before: pd.Series | None) -> Finding:
    text = f"NRR is {percent_text(row.nrr)} from {month_label(row.open)} to {month_label(row.close)}"
    if before is None or math.isnan(before.nrr):
        return Finding(f"{text}.", "good" if row.nrr >= 1 else "bad")
    change = row.nrr - before.nrr
    span = f"the window before ({month_label(before.open)} to {month_label(before.close)}: {percent_text(before.nrr)})"
    if points_text(change) == "0.0 pt":
        return Finding(f"{text}, unchanged from {span}.")
    way = "up" if change > 0 else "down"
    return Finding(f"{text}, {way} {points_text(abs(change)).lstrip('+')} on {span}.", "good" if change > 0 else "bad")


def _with_share(row: pd.Series, name: str, currency: str, factor: int) -> str:
    amount = row[f"{name}_mrr"]
    return f"{_money(amount, currency, factor)} ({percent_text(float(amount / row.opening_mrr))} of opening)"


def _widest_gap(segments: dict[str, pd.DataFrame]) -> Finding | None:
    """The dimension whose best and worst segment lie furthest apart, among segments large enough to mean something."""
    ranked = {name: rows for name, frame in segments.items() if len(rows := _ranked(frame, "nrr")) > 1}
    if not ranked:
        return None
    name = max(ranked, key=lambda n: ranked[n][-1].value - ranked[n][0].value)
    low, high = ranked[name][0], ranked[name][-1]
    if high.value <= low.value:
        return None
    return Finding(
        f"The widest gap is by {plain_text(name)}: {plain_text(high.segment)} keeps {percent_text(high.value)}, "
        f"{plain_text(low.segment)} {percent_text(low.value)} on {percent_text(low.share, digits=0)} of opening.",
        "bad" if low.value < 1 else "plain",
    )


@dataclass(frozen=True, slots=True)
class _Ranked:
    segment: str
    value: float
    share: float  # of the total's opening


def _ranked(frame: pd.DataFrame, measure: str) -> list[_Ranked]:
    """Segments of one close that are large enough to mean something, from the lowest to the highest value."""
    columns = (frame[name].tolist() for name in ("segment", "opening_accounts", "opening_mrr", measure))
    rows = list(zip(*columns, strict=True))
    total = next((float(mrr) for segment, _, mrr, _ in rows if segment == ALL), 0.0)
    found = [
        _Ranked(segment, value, float(mrr) / total)
        for segment, accounts, mrr, value in rows
        if segment != ALL and total and accounts >= MIN_BASE and not math.isnan(value) and float(mrr) >= _MIN_SHARE * total
    ]
    return sorted(found, key=lambda row: row.value)


def segment_finding(frame: pd.DataFrame, *, dimension: str, measure: str = "nrr") -> str:
    """The headline of one window by segment: best against worst among segments large enough to mean something."""
    label = _MEASURES[measure]
    ranked = _ranked(frame, measure)
    if not ranked:
        return f"No segment of {plain_text(dimension)} has {MIN_BASE} opening accounts; read these rates with care"
    low, high = ranked[0], ranked[-1]
    if high.value == low.value:
        return f"{label} is {percent_text(high.value)} in {plain_text(high.segment)}"
    return (
        f"{plain_text(low.segment)} has the lowest {label} at {percent_text(low.value)}, "
        f"{plain_text(high.segment)} the highest at {percent_text(high.value)}"
    )


def accounts_finding(frame: pd.DataFrame) -> str:
    """The headline of an accounts list, from the counts of all its rows: how many grew, shrank, left and arrived."""
    total, states = frame.attrs["total_rows"], frame.attrs["states"]
    if not total:
        return "No account is in this selection"
    words = {
        "expansion": "grew", "contraction": "shrank", "churn": "left", "flat": "stayed as they were",
        "new": "are new", "reactivation": "came back",
    }  # fmt: skip
    parts = [f"{states[state]:,} {word}" for state, word in words.items() if states[state]]
    noun = "account" if total == 1 else "accounts"
    return f"{total:,} {noun}: {', '.join(parts)}"


def cohort_finding(cells: pd.DataFrame, *, measure: str, cadence: str) -> str:
    """The headline of a cohort table: newer half of the cohorts against the older half, at the same age."""
    label = _MEASURES[measure]
    if cells.empty:
        return "There are no cohorts in this selection"
    rows = cells[(cells["cohort"] != ALL) & cells[measure].notna()]
    count = rows["cohort"].nunique()
    age = _comparable_age(rows, cadence)
    if age is None:
        return f"{count} {'cohort' if count == 1 else 'cohorts'}: too few to compare newer with older ones yet"
    part, whole = {
        "nrr": ("mrr", "opening_mrr"), "grr": ("capped_mrr", "opening_mrr"), "logo_retention": ("active_accounts", "accounts"),
    }[measure]  # fmt: skip
    at_age = rows[rows["age"] == age].sort_values("cohort")
    half = len(at_age) // 2
    older, newer = (_pooled(side, part, whole) for side in (at_age.iloc[:half], at_age.iloc[half:]))
    unit = cadence if age == 1 else f"{cadence}s"
    if older is None or newer is None:
        return f"{count} cohorts; at age {age} {unit} there is nothing to compare"
    if abs(newer - older) < _SAME:
        return f"Newer and older cohorts keep about the same: {label} {percent_text(newer)} and {percent_text(older)} after {age} {unit}"
    better = "more" if newer > older else "less"
    return f"Newer cohorts keep {better}: {label} {percent_text(newer)} after {age} {unit}, {percent_text(older)} for older ones"


def _comparable_age(rows: pd.DataFrame, cadence: str) -> int | None:
    """The highest age up to one year (yearly cohorts: two) that at least four cohorts have reached."""
    most = {"month": 12, "quarter": 4, "year": 2}[cadence]
    reached = rows.groupby("age")["cohort"].nunique()
    ages = [
        age for age, cohorts in zip(reached.index.tolist(), reached.tolist(), strict=True) if 0 < age <= most and cohorts >= _COMPARABLE
    ]
    return max(ages) if ages else None


def _pooled(rows: pd.DataFrame, part: str, whole: str) -> float | None:
    base = rows[whole].sum()
    return float(rows[part].sum() / base) if base else None


def _money(amount: Decimal, currency: str, factor: int) -> str:
    return money_text(float(amount * factor), currency=currency)
