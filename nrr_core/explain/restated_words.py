"""What a comparison of two versions says, in sentences made of its figures."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from nrr_core.explain.findings import Finding
from nrr_core.explain.restated import Restated
from nrr_core.formats import MINUS, percent_text, plain_text, points_text

__all__ = ["closed_findings", "exact_text", "restated_findings"]

_MONTHS = 6  # months with a sentence of their own


def exact_text(amount: Decimal) -> str:
    """A change as it is, with its sign: ``−1,200.00``; more than two decimals only where there are some."""
    digits = 2 if amount == round(amount, 2) else 4
    return f"{MINUS if amount < 0 else '+' if amount > 0 else ''}{abs(amount):,.{digits}f}"


def restated_findings(found: Restated, *, closings: Sequence[tuple[str, str]] = ()) -> list[Finding]:
    """What changed, what was closed first.

    Parameters
    ----------
    found
        The comparison.
    closings
        Up to which month was closed on which day, as pairs of texts in the order of the acts.

    """
    if found.nothing:
        text = "Both are the same data." if found.same_data else "Nothing changed: every account pays the same in every month."
        return [Finding(text, "good")]
    said = closed_findings(found, closings=closings)
    if found.currencies[0] != found.currencies[1]:
        named = [plain_text(one, limit=8) if one else "no currency" for one in found.currencies]
        said.append(Finding(f"The amounts are in {named[0]} and {named[1]}: they are compared as they are written.", "bad"))
    return [*said, *_open_months(found), *_spans(found), *_accounts(found), *_attributes(found), *_effect(found)]


def closed_findings(found: Restated, *, closings: Sequence[tuple[str, str]] = ()) -> list[Finding]:
    """One sentence for every closed month that changes, the latest first; those before the sixth together."""
    rows = found.months[found.months["closed"]].iloc[::-1]
    effects = {row["close"]: row for row in _records(found.effects)}
    said = []
    for row in _records(rows.head(_MONTHS)):
        day = next((on for through, on in closings if row["month"] <= through), "")
        text = f"{_counted(row['account_months'], 'account-month')} of {row['month']}, which was closed{f' on {day}' if day else ''}, "
        said.append(Finding(f"{text}changed by {exact_text(row['change_mrr'])}{_nrr(effects.get(row['month']))}.", "bad"))
    rest = rows.iloc[_MONTHS:]
    if len(rest):
        many = _counted(int(rest["account_months"].sum()), "account-month")
        months = _counted(len(rest), "more closed month")
        said.append(
            Finding(
                f"{many} of {months}, from {rest['month'].min()} to {rest['month'].max()}, changed by {exact_text(_added(rest))}.", "bad"
            )
        )
    missing = [m for m in found.closed_gone if m in found.only_before]
    if missing:
        said.append(Finding(f"{_span(missing)} {_was(missing)} closed and {_is(missing)} no longer in the data.", "bad"))
    fresh = [m for m in found.closed_gone if m in found.only_after]
    if fresh:
        said.append(
            Finding(f"{_span(fresh)} {_was(fresh)} closed without data and now {'has' if len(fresh) == 1 else 'have'} some.", "bad")
        )
    return said


def _records(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    return frame.to_dict("records")


def _nrr(effect: dict[Any, Any] | None) -> str:
    if effect is None:
        return ""
    before, after = percent_text(effect["before_nrr"]), percent_text(effect["after_nrr"])
    return f"; its NRR goes from {before} to {after}" if before != after else f"; its NRR stays at {after}"


def _open_months(found: Restated) -> list[Finding]:
    rows = found.months[~found.months["closed"]]
    if rows.empty:
        return []
    counts = [f"{int(rows[name].sum()):,} {name}" for name in ("changed", "added", "removed") if int(rows[name].sum())]
    many = _counted(int(rows["account_months"].sum()), "account-month")
    which = "" if found.closed_through is None else " open"
    return [
        Finding(f"{many} of {_counted(len(rows), f'{which} month'.strip())} changed by {exact_text(_added(rows))} ({', '.join(counts)}).")
    ]


def _spans(found: Restated) -> list[Finding]:
    said = []
    if found.shared is None:
        said.append(Finding("No month is in both, so no figure can be compared.", "bad"))
    fresh = [m for m in found.only_after if m not in found.closed_gone]
    if fresh:
        said.append(Finding(f"New: {_span(fresh)}."))
    gone = [m for m in found.only_before if m not in found.closed_gone]
    if gone:
        said.append(Finding(f"{_span(gone)} {_is(gone)} no longer in the data.", "bad"))
    return said


def _accounts(found: Restated) -> list[Finding]:
    said = []
    for total, names, which, tone in (
        (found.appeared_total, found.appeared, "later", "plain"),
        (found.vanished_total, found.vanished, "earlier", "bad"),
    ):
        if total:
            text = f"{_counted(total, 'account')} {'pays' if total == 1 else 'pay'} only in the {which} version{_some(names)}."
            said.append(Finding(text, tone))
    return said


def _attributes(found: Restated) -> list[Finding]:
    said = []
    for row in _records(found.reclassified):
        many = f"{_counted(row['accounts'], 'account')} ({_counted(row['account_months'], 'account-month')})"
        said.append(Finding(f"{plain_text(row['dimension'])} changed for {many}."))
    for names, what in ((found.dimensions_added, "new"), (found.dimensions_removed, "gone")):
        if names:
            said.append(Finding(f"{_counted(len(names), 'attribute')} {_is(names)} {what}: {', '.join(map(plain_text, names))}."))
    return said


def _effect(found: Restated) -> list[Finding]:
    moved = found.effects[found.effects["nrr_change"].abs() > 0]
    if found.effects.empty:
        return []
    if moved.empty:
        return [Finding("No past NRR changes.", "good")]
    worst = max(_records(moved), key=lambda row: abs(row["nrr_change"]))
    change = f"{percent_text(worst['before_nrr'])} → {percent_text(worst['after_nrr'])} ({points_text(worst['nrr_change'])})"
    window = found.card.window_months
    over = _counted(window, "month") if isinstance(window, int) else f"a {window.replace('_', ' ')}"
    closes = f"{len(moved):,} of {_counted(len(found.effects), 'past close')}"
    return [Finding(f"NRR over {over} changes at {closes}, most at {worst['close']}: {change}.")]


def _added(rows: pd.DataFrame) -> Decimal:
    return sum(rows["change_mrr"].tolist(), Decimal(0))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _span(months: Sequence[str]) -> str:
    if len(months) <= 2:  # noqa: PLR2004 - two are named one by one
        return " and ".join(months)
    return f"{_counted(len(months), 'month')} from {months[0]} to {months[-1]}"


def _was(months: Sequence[str]) -> str:
    return "was" if len(months) == 1 else "were"


def _is(months: Sequence[str]) -> str:
    return "is" if len(months) == 1 else "are"


def _some(names: Sequence[str]) -> str:
    return f" ({', '.join(plain_text(name, limit=30) for name in names[:3])}{' …' if len(names) > 3 else ''})"  # noqa: PLR2004
