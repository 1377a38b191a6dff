"""Columns of names and identifiers: always text; tidied where spaces or invisible characters would split one in two."""

from collections.abc import Sequence
from typing import Any, Final

from nrr_core.errors import Verdict
from nrr_core.formats import unescaped
from nrr_core.ingest.cells import Loaded, bulk_insert
from nrr_core.ingest.notes import Notes, place, shown
from nrr_core.ingest.values import clean_text

__all__ = ["tidy"]

_TIDY: Final = r"'[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?'"
_EXAMPLES: Final = 3


def tidy(con: Any, role: str, *, column: str, loaded: Loaded, notes: Notes, strip_zero: bool = False, base: str = "base") -> bool:
    """Fill ``fix_<role>`` (text, value) for texts that change when tidied; whether there are any.

    ``base`` is the relation to look at. ``strip_zero`` takes the ``.0`` off identifiers that
    a spreadsheet turned into numbers, where all have it.
    """
    odd = con.execute(
        f"select {role}, count(*), min(ordinal) from {base} where {role} is not null and (not "
        f"regexp_full_match({role}, {_TIDY}) "
        f"or contains({role}, '  ') or {role}[1] = '''') group by 1 order by 3"
    ).fetchall()
    bare = {text: unescaped(text) if loaded.text else text for text, *_ in odd}
    tidied = {text: clean_text(bare[text]) for text in bare}
    changed = [(text, tidied[text] or None, count, first) for text, count, first in odd if tidied[text] != text]
    if strip_zero and _all_floats(con, role, base):
        found = con.execute(f"select {role}, count(*), min(ordinal) from {base} where {role} is not null group by 1 order by 3").fetchall()
        changed = [(text, clean_text(text).removesuffix(".0"), count, first) for text, count, first in found]
        notes.add(
            "id_float", Verdict.WARNING,
            f'Column "{shown(column)}": every identifier ends with “.0” (“{shown(found[0][0])}”), as spreadsheets '
                f'write numbers; it was taken off.',
            column=column, value=found[0][0], count=len(found),
        )  # fmt: skip
    if not changed:
        return False
    con.execute(f"create or replace table fix_{role} (text varchar, value varchar)")
    bulk_insert(con, f"fix_{role}", [[text for text, *_ in changed], [value for _, value, *_ in changed]])
    named = [(text, value, count, first) for text, value, count, first in changed if value and tidied.get(text) == value]
    freed = [one for one in named if bare[one[0]] != one[0]]
    other = [one for one in named if bare[one[0]] == one[0]]
    _say(other, "text_tidied", "has spaces, invisible or unusual characters", column=column, loaded=loaded, notes=notes)
    _say(freed, "formula_escape", "begins with the apostrophe that exports put before a formula", column=column, loaded=loaded, notes=notes)
    if role == "account":
        _note_merges(con, named, column=column, notes=notes, base=base)
    return True


def _say(changed: Sequence[tuple[str, str, int, int]], rule: str, why: str, *, column: str, loaded: Loaded, notes: Notes) -> None:
    """One note for all texts that were changed for one reason, the first as the example."""
    if not changed:
        return
    text, value, _, first = changed[0]
    row, line = loaded.where(first)
    total = sum(count for _, _, count, _ in changed)
    more = f"; {total - 1:,} more cells like it." if total > 1 else "."
    notes.add(
        rule, Verdict.REPAIRED, f"{place(row, line, column, text)} {why} — read as “{shown(value)}”{more}",
        row=row, line=line, column=column, value=text, count=total,
    )  # fmt: skip


def _all_floats(con: Any, role: str, base: str) -> bool:
    """Whether every identifier is a whole number followed by ``.0``."""
    total, floats = con.execute(f"select count({role}), count_if(regexp_full_match({role}, '\\d+\\.0')) from {base}").fetchone()
    return bool(total) and total == floats


def _note_merges(con: Any, changed: Sequence[tuple[str, str, int, int]], *, column: str, notes: Notes, base: str) -> None:
    """List accounts that are one and the same once tidied."""
    values: dict[str, list[str]] = {}
    for text, value, *_ in changed:
        values.setdefault(value or "", []).append(text)
    present = {
        text for (text,) in con.execute(f"select distinct account from {base} where account in (select value from fix_account)").fetchall()
    }
    merged = {value: texts for value, texts in values.items() if len(texts) + (value in present) > 1}
    if merged:
        examples = ", ".join(f"“{shown(value)}”" for value in list(merged)[:_EXAMPLES])
        notes.add(
            "accounts_merged", Verdict.REPAIRED,
            f'Column "{shown(column)}": {len(merged)} account(s) were written in several ways that differ only by spaces, '
            f"invisible characters or a leading apostrophe and were read as one: {examples}.",
            column=column, count=len(merged),
        )  # fmt: skip
