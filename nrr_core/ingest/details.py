"""What a line says besides account, period, amount and attributes: its revenue type and its subscription."""

import re
from dataclasses import dataclass
from typing import Any, Final

from nrr_core.errors import Verdict
from nrr_core.ingest.mapping import Columns
from nrr_core.ingest.notes import Notes, shown
from nrr_core.schema import REVENUE_TYPES, money

__all__ = ["Lines", "find", "note_types", "type_sql"]

_WORDS: Final = {
    "recurring": "recurring subscription subscriptions license licenses licence licences mrr arr fixed committed contracted "
        "recurringbase platform",
    "usage": "usage usagebased metered consumption consumed overage overages payasyougo payg variable",
    "one_off": "oneoff onetime onceoff nonrecurring setup implementation onboarding installation services service "
        "professionalservices ps consulting training hardware",
}  # fmt: skip
_CODES: Final = {word: code for code, kind in enumerate(REVENUE_TYPES) for word in _WORDS[kind].split()}
_ENDINGS: Final = re.compile(r"(revenue|charges|charge|fees|fee|items|item|lines|line)$")
_MOST: Final = 1_000  # different values of a column of types
_NAMED: Final = 20  # values not understood that are named


@dataclass(frozen=True, slots=True)
class Lines:
    """The columns that say more of a line: their numbers, or None."""

    kind: int | None = None
    item: int | None = None

    @property
    def roles(self) -> dict[str, int]:
        """Role in ``base`` and column of each that is there."""
        return {role: index for role, index in (("kind", self.kind), ("item", self.item)) if index is not None}


def find(columns: Columns, *, used: set[int]) -> Lines:
    """The columns of revenue types and of subscriptions, by the person's mapping or by name."""
    kind = columns.find("revenue_type", taken=tuple(used))
    item = columns.find("subscription_id", taken=tuple(used))
    return Lines(kind.index if kind else None, item.index if item else None)


def type_sql(con: Any, columns: Columns, lines: Lines, notes: Notes) -> str | None:
    """SQL of a line's revenue type as its place in ``schema.REVENUE_TYPES``; None where no column says it.

    A column named like one whose values mean something else says nothing. A blank, and a value that is not understood, is
    recurring; the latter is noted by name.
    """
    if lines.kind is None:
        return None
    plain = "regexp_replace(lower(base.kind), '[^a-z]+', '', 'g')"
    found = con.execute(
        f"select base.kind, {plain}, count(*) from base where trim(base.kind) <> '' group by all order by 3 desc, 1 limit {_MOST + 1}"
    ).fetchall()
    known = {word: code for _, word, _ in found if (code := _code(word)) is not None}
    if not known or len(found) > _MOST:
        return None
    name = columns.names[lines.kind]
    strange = [(text, count) for text, word, count in found if word not in known]
    for text, count in strange[:_NAMED]:
        notes.add(
            "revenue_type", Verdict.WARNING,
            f'Column "{shown(name)}": “{shown(text)}” ({count:,} row(s)) is no revenue type that is known (recurring, usage, one_off); '
            "those rows count as recurring.",
            column=name, value=text, count=count,
        )  # fmt: skip
    if len(strange) > _NAMED:
        rows = sum(count for _, count in strange[_NAMED:])
        text = (
            f'Column "{shown(name)}": {len(strange) - _NAMED:,} more values ({rows:,} row(s)) are no revenue type; they count as recurring.'
        )
        notes.add("revenue_type", Verdict.WARNING, text, column=name, count=rows)
    cases = " ".join(f"when '{word}' then {code}" for word, code in sorted(known.items()))
    return f"cast(case {plain} {cases} else 0 end as integer)"


def _code(word: str) -> int | None:
    """The type a word of letters stands for, with or without “fee” and the like behind it."""
    return _CODES.get(word, _CODES.get(_ENDINGS.sub("", word)))


def note_types(con: Any, name: str, notes: Notes) -> tuple[str, ...]:
    """Say how much was left to other types than recurring; returns the types that occur."""
    grouped = con.execute("select kind, count(*), sum(amount) from revenue group by kind").fetchall()
    found = {code: (count, total) for code, count, total in grouped}
    others = [
        f"{found[code][0]:,} row(s) are {kind.replace('_', '-')} ({money(found[code][1]):,.2f} MRR)"
        for code, kind in enumerate(REVENUE_TYPES)
        if code and code in found
    ]
    if others:
        count = sum(rows for code, (rows, _) in found.items() if code)
        text = f'Column "{shown(name)}": {" and ".join(others)}. They count only under a definition whose revenue types include them.'
        notes.add("other_types", Verdict.NOTE, text, column=name, count=count)
    return tuple(kind for code, kind in enumerate(REVENUE_TYPES) if code in found)
