"""Decisions about named accounts: what each account will pay, in place of the rates."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from nrr_core.engine import Integers
from nrr_core.periods import month_text, parse_month
from nrr_core.scenarios.book import Book
from nrr_core.scenarios.pace import Pace
from nrr_core.scenarios.scenario import Decision
from nrr_core.scenarios.standing import MEASURES
from nrr_core.schema import UNIT

__all__ = ["Decided", "Path", "decide", "take_out"]


@dataclass(frozen=True, eq=False)
class Path:
    """One account that was decided about: what it pays now and paid at the openings, and when it is decided.

    ``paid``, ``paying``, ``segment`` and ``rows`` have one entry an opening (``book.since`` … ``book.start``): what it paid, 0 where it
    does not count; whether it paid at all; its segment as the card reads it; its row in ``book.standing``, −1 where it has none.
    ``home`` and ``home_row`` are its segment and row at the start, or the last one it had; ``first`` the month in which it first paid.
    """

    decision: Decision
    now: int
    month: int
    group: int
    paid: Integers = field(repr=False)
    paying: npt.NDArray[np.bool_] = field(repr=False)
    segment: Integers = field(repr=False)
    rows: Integers = field(repr=False)
    home: int
    home_row: int
    first: int

    def courses(self, pace: Pace, *, start: int) -> tuple[tuple[float, Integers], ...]:
        """Its two outcomes: probability, and MRR at the start and in every projected month.

        Until its month it stays and changes as others of its group that stay; so it does afterwards where what was decided
        does not come (``renew``: where it comes; otherwise it leaves).
        """
        horizon = pace.stay.shape[1]
        growth = pace.growth[self.group] if self.group >= 0 else np.ones(horizon)
        staying = np.rint(self.now * np.cumprod(np.concatenate([[1.0], growth]))).astype(np.int64)
        later = np.arange(horizon + 1) + start >= self.month
        ending = np.where(later, {"lose": 0, "renew": 0}.get(self.decision.action, self.decision.to or 0), staying)
        chance = self.decision.probability
        if self.decision.action == "renew":
            return ((chance, staying), (1 - chance, ending))
        return ((chance, ending), (1 - chance, staying))


@dataclass(frozen=True, eq=False)
class Decided:
    """Every decision that has an account, and sentences about those that do not work as written."""

    paths: tuple[Path, ...]
    notes: tuple[str, ...]


def decide(book: Book, decisions: Sequence[Decision], *, horizon: int) -> Decided:
    """Look up the accounts of decisions. One without an account in this data is kept out and named in the notes."""
    numbers = book.data.engine.account_numbers([d.account for d in decisions])
    wanted = {"wanted": {"account": np.array([*numbers.values()], dtype=np.int32)}}
    runs = book.data.engine.query("history", inputs=wanted) if numbers else {"account": np.zeros(0)}
    rows_of = {number: np.flatnonzero(runs["account"] == number) for number in numbers.values()}
    held = book.standing
    place = {(int(s), int(g)): row for row, (s, g) in enumerate(zip(held.segment, held.group, strict=True))}
    paths, notes = [], []
    for decision in decisions:
        name = decision.account[:60]
        if decision.account not in numbers:
            notes.append(f"“{name}” is not in this data any more. Its decision is kept and has no effect.")
            continue
        own = {key: np.asarray(runs[key])[rows_of[numbers[decision.account]]] for key in ("f", "t", "mrr", "profile", "first_paid")}
        path = _path(book, decision, own, place)
        if not path.now and decision.action in {"lose", "shrink"}:
            notes.append(f"“{name}” pays nothing now, so there is nothing to {decision.action}.")
        if path.month > book.start + horizon:
            notes.append(f"The decision about “{name}” is for {month_text(path.month)}, after the horizon: until then it stays as it is.")
        notes += _odd(decision, path)
        paths.append(path)
    return Decided(tuple(paths), tuple(notes))


def _odd(decision: Decision, path: Path) -> list[str]:
    to, name = decision.to, decision.account[:60]
    if to is not None and decision.action == "shrink" and to >= path.now:
        return [f"“{name}” pays {path.now / UNIT:,.2f} now: “shrink” to {to / UNIT:,.2f} is not less. It is computed as written."]
    if to is not None and decision.action == "grow" and to <= path.now:
        return [f"“{name}” pays {path.now / UNIT:,.2f} now: “grow” to {to / UNIT:,.2f} is not more. It is computed as written."]
    if decision.action == "renew" and not path.now:
        return [f"“{name}” pays nothing now, so there is nothing to renew. To win it back choose grow."]
    return []


def _path(book: Book, decision: Decision, runs: dict[str, Integers], place: dict[tuple[int, int], int]) -> Path:
    months = np.arange(book.since, book.start + 1)
    paid, profile = np.zeros(len(months), dtype=np.int64), np.full(len(months), -1, dtype=np.int64)
    for f, t, mrr, at in zip(runs["f"], runs["t"], runs["mrr"], runs["profile"], strict=True):
        inside = (months >= f) & (months < t)
        paid[inside], profile[inside] = mrr, at
    now, latest = int(paid[-1]), int(profile[-1])
    begun = runs["f"] <= book.start
    last = int(runs["profile"][begun][-1]) if begun.any() else -1  # of the run it is in, or of the last one before
    home = int(book.segment_of[last]) if last >= 0 else -1
    segment = np.where(profile >= 0, book.segment_of[profile], -1)
    if book.card.segment_as_of == "close":
        segment = np.where(profile >= 0, home, -1)
    ends = int(book.contracts.end[latest]) if latest >= 0 else 0
    month = parse_month(decision.month) if decision.month else ends or book.start + 1
    group = int(book.group_of[latest]) if latest >= 0 else -1
    rows = np.array([place.get((int(s), group), -1) for s in segment], dtype=np.int64)
    counts = (segment >= 0) & (paid >= book.card.min_opening_mrr)
    first = int(runs["first_paid"][0]) if begun.any() else book.start + 1
    return Path(
        decision, now, max(month, book.start + 1), group if now else -1,
        paid=np.where(counts, paid, 0), paying=paid > 0, segment=segment, rows=np.where(now > 0, rows, -1),
        home=home, home_row=place.get((home, group), -1) if now else -1, first=first,
    )  # fmt: skip


def take_out(book: Book, paths: Sequence[Path]) -> Book:
    """The book without the accounts that were decided about: no rate applies to them."""
    if not paths:
        return book
    held, openings = book.standing, np.arange(book.since, book.start + 1)
    own, today = {name: values.copy() for name, values in held.own.items()}, held.today.copy()
    others, back = (None if sums is None else sums.copy() for sums in (held.others, held.back))
    rows, paid, paying = (np.stack([getattr(path, name) for path in paths]) for name in ("rows", "paid", "paying"))
    now, home, first = (np.array([getattr(path, name) for path in paths]) for name in ("now", "home_row", "first"))
    path, opening = np.nonzero((rows >= 0) & (paid > 0))
    amounts = {
        "closing_mrr": now[path], "paired_mrr": paid[path, opening], "kept_mrr": np.minimum(paid[path, opening], now[path]),
        "retained_accounts": np.ones(len(path), dtype=np.int64),
    }  # fmt: skip
    for name in MEASURES:
        np.subtract.at(own[name], (rows[path, opening], opening), amounts[name])
    inside = home >= 0
    np.subtract.at(today, home[inside], now[inside])
    away = np.where(paying, 0, now[:, None])
    if others is not None:
        np.subtract.at(others, home[inside], away[inside])
    if back is not None:
        np.subtract.at(back, home[inside], np.where(first[:, None] > openings, 0, away)[inside])
    return book.less(replace(held, own=own, today=today, others=others, back=back))
