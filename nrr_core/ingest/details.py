"""What a line says besides account, period, amount and attributes: its revenue type and its subscription."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from nrr_core.errors import Verdict
from nrr_core.ingest.cells import Loaded
from nrr_core.ingest.mapping import Columns
from nrr_core.ingest.notes import Notes, place, shown
from nrr_core.schema import REVENUE_TYPES, money

__all__ = ["Lines", "find", "note_types"]

_WORDS: Final = {
    "recurring": "recurring subscription subscriptions license licenses licence licences mrr arr fixed committed contracted "
        "recurringbase platform",
    "usage": "usage usagebased metered consumption consumed overage overages payasyougo payg variable",
    "one_off": "oneoff onetime onceoff nonrecurring setup implementation onboarding installation services service "
        "professionalservices ps consulting training hardware",
}  # fmt: skip
_CODES: Final = {word: code for code, kind in enumerate(REVENUE_TYPES) for word in _WORDS[kind].split()}
_ENDINGS: Final = re.compile(r"(revenue|charges|charge|fees|fee|items|item|lines|line)$")
_PLAIN: Final = "regexp_replace(lower({}), '[^a-z]+', '', 'g')"
_MOST: Final = 1_000  # different values of a column of types
_NAMED: Final = 20  # values not understood that are named


@dataclass(frozen=True, slots=True)
class Lines:
    """The columns that say more of a line.

    ``kind`` and ``item`` are the numbers of the columns of revenue types and of subscriptions, or None; ``types`` what each
    word of the former stands for, as a place in ``schema.REVENUE_TYPES``.
    """

    kind: int | None = None
    item: int | None = None
    types: dict[str, int] = field(default_factory=dict)

    @property
    def roles(self) -> dict[str, int]:
        """Role in ``base`` and column of each that is there."""
        return {role: index for role, index in (("kind", self.kind), ("item", self.item)) if index is not None}

    @property
    def kind_sql(self) -> str:
        """SQL of a line's revenue type; a blank, and a word that is not understood, is recurring."""
        cases = " ".join(f"when '{word}' then {code}" for word, code in sorted(self.types.items()))
        return f"cast(case {_PLAIN.format('base.kind')} {cases} else 0 end as integer)"


def find(con: Any, loaded: Loaded, columns: Columns, *, used: set[int], notes: Notes) -> Lines:
    """The columns of revenue types and of subscriptions, by the person's mapping or by name.

    A column named like one of types whose values mean something else is none. Values that are not understood are noted.
    """
    kind = columns.find("revenue_type", taken=tuple(used))
    item = columns.find("subscription_id", taken=tuple(used))
    types = {} if kind is None else _types(con, loaded, columns, kind.index, notes)
    return Lines(kind.index if kind and types else None, item.index if item else None, types)


def _types(con: Any, loaded: Loaded, columns: Columns, index: int, notes: Notes) -> dict[str, int]:
    """What the words of a column stand for; empty where none is understood."""
    cell = f"c{index}"
    found = con.execute(
        f"select {cell}, {_PLAIN.format(cell)}, count(*), min(rowid) from {loaded.table} where trim({cell}) <> '' "
        f"group by all order by 4 limit {_MOST + 1}"
    ).fetchall()
    known = {word: code for _, word, *_ in found if (code := _code(word)) is not None}
    if not known or len(found) > _MOST:
        return {}
    name = columns.names[index]
    strange = [one for one in found if one[1] not in known]
    for text, _, count, first in strange[:_NAMED]:
        row, line = loaded.where(first)
        notes.add(
            "revenue_type", Verdict.WARNING,
            f"{place(row, line, name, text)} is no revenue type that is known (recurring, usage, one_off); it is read as recurring, "
            f"in {count:,} row(s).",
            row=row, line=line, column=name, value=text, count=count,
        )  # fmt: skip
    if len(strange) > _NAMED:
        rows = sum(count for _, _, count, _ in strange[_NAMED:])
        text = (
            f'Column "{shown(name)}": {len(strange) - _NAMED:,} more values ({rows:,} row(s)) are no revenue type; they count as recurring.'
        )
        notes.add("revenue_type", Verdict.WARNING, text, column=name, count=rows)
    return known


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
