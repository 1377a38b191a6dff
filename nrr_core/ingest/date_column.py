"""A whole column of months or days: its distinct texts are read once, and joined back."""

import re
from dataclasses import dataclass
from typing import Any

from nrr_core.errors import Verdict
from nrr_core.ingest.cells import Loaded, bulk_insert
from nrr_core.ingest.dates import Day, date_style, parse_day
from nrr_core.ingest.notes import Notes, place, shown

__all__ = ["DateRules", "date_rules", "read_dates"]

_FOREVER = re.compile(r".*(9999|2999|2099|2100).*")
_LABEL = re.compile(r"[^\W\d_]{3,5}\.?[- ](\d{2})")
_LAST_DAY = 31
_STAMP = r"'\d{4}-\d{2}-\d{2}[T ].+'"


@dataclass(frozen=True)
class DateRules:
    """How the file writes dates: the order in 01/02/2024, and what the number in Jan-24 is."""

    order: str | None = None
    label: str = "year"


def date_rules(texts: list[str], *, column: str, notes: Notes) -> DateRules:
    """Decide from all distinct dates of the file; asks where nothing proves the order."""
    style = date_style(texts)
    order, label = None, "year"
    if style is not None:
        order = style.order
        options = {"dmy": "day first: 01/02/2024 is 1 February", "mdy": "month first: 01/02/2024 is January 2"}
        if order is None:
            example = next(text for text in texts if date_style([text]) is not None)
            order = notes.ask("dates", f'Column "{shown(column)}": is “{shown(example)}” day/month or month/day?', options)
        elif style.against:
            text = f'Column "{shown(column)}" has dates of both orders ({style.against} against “{shown(style.proof)}”).'
            order = notes.ask("dates", text + " Which one is meant? Dates of the other are set aside.", options)
        else:
            notes.ask("dates", f'Column "{shown(column)}": which order do the dates have?', options, default=order)
            order = notes.options.answer("dates") or order
            words = {"dmy": "day/month/year", "mdy": "month/day/year"}[order]
            notes.add(
                "date_order", Verdict.REPAIRED, f'Column "{shown(column)}": dates are {words}, as '
                    f'“{shown(style.proof)}” proves.',
                column=column, value=style.proof,
            )  # fmt: skip
    labels = [found for text in texts if (found := _LABEL.fullmatch(text.strip()))]
    if labels and all(int(found[1]) <= _LAST_DAY for found in labels):
        label = notes.ask(
            "month_label",
            f'Column "{shown(column)}": is the number in “{shown(labels[0][0])}” a year or a day?',
            {"year": f"a year: 20{labels[0][1]}", "day": "a day: the year is missing, such rows are set aside"},
        ) or "year"  # fmt: skip
    return DateRules(order, label)


def distinct_dates(con: Any, role: str) -> tuple[list[str], str]:
    """The column's distinct texts and the SQL that makes them; of time stamps only the calendar day is kept."""
    key = f"base.{role}"
    stamps, filled = con.execute(f"select count_if(regexp_full_match({key}, {_STAMP})), count({key}) from base").fetchone()
    if filled and stamps == filled:
        key = f"left(base.{role}, 10)"
    return [text for (text,) in con.execute(f"select distinct {key} from base where {key} is not null").fetchall()], key


def read_dates(con: Any, role: str, *, column: str, names: dict[str, str] | None, rules: DateRules, loaded: Loaded, notes: Notes) -> str:
    """Fill the table ``fix_<role>`` (text, month, day, rule, reason) and return the SQL of its key.

    ``names`` gives what a text stands for where it is not the date itself (the months of a wide sheet).
    """
    texts, key = distinct_dates(con, role)
    days = []
    for text in texts:
        written = text if names is None else names[text]
        day = parse_day(written, order=rules.order, label=rules.label) if written.strip() else Day(None, rule="blank")
        if role == "finish" and day.rule == "year_out_of_range" and _FOREVER.fullmatch(written):
            day = Day(None, rule="open_end")
        days.append(day)
    table = f"fix_{role}"
    con.execute(f"create or replace table {table} (text varchar, month integer, day integer, rule varchar, reason varchar)")
    bulk_insert(
        con, table,
        [texts, [day.month for day in days], [day.day for day in days], [day.rule for day in days], [day.reason for day in days]],
    )  # fmt: skip
    if key.startswith("left") and names is None:
        _note_stamps(con, role, column=column, notes=notes)
    _note_forms(con, role, key, column=column, names=names, loaded=loaded, notes=notes)
    return key


def _note_stamps(con: Any, role: str, *, column: str, notes: Notes) -> None:
    """Say that times of day were read over."""
    zones, example = con.execute(
        f"select count_if(regexp_matches(base.{role}, '(Z|UTC|[+-]\\d\\d:?\\d*)$')), min(base.{role}) from base"
    ).fetchone()
    what = "with a time zone" if zones else "with a time of day"
    notes.add(
        "zone" if zones else "time", Verdict.REPAIRED,
        f'Column "{shown(column)}" has time stamps {what} (“{shown(example)}”): the calendar day as written was '
            f'taken, nothing was shifted.',
        column=column, value=example,
    )  # fmt: skip


_FORMS = {
    "written_form": "was read as",
    "zone": "has a time zone; the calendar date as written was taken:",
    "time": "has a time of day; the calendar date was taken:",
    "serial": "is a spreadsheet’s day number; it was read as",
    "open_end": "stands for “no end”; the span is",
}


def _note_forms(con: Any, role: str, key: str, *, column: str, names: dict[str, str] | None, loaded: Loaded, notes: Notes) -> None:
    """One line for each unusual way of writing dates, with the first cell and how it was read."""
    found = con.execute(
        f"""select fix.rule, count(*), min(base.ordinal), arg_min(fix.text, base.ordinal), arg_min(fix.month, base.ordinal),
        arg_min(fix.day, base.ordinal) from base join fix_{role} as fix on {key} = fix.text
        where fix.rule in ('written_form', 'zone', 'time', 'serial', 'open_end') group by 1 order by 3"""
    ).fetchall()
    for rule, count, ordinal, text, month, day in found:
        row, line = loaded.where(ordinal)
        written = text if names is None else names[text]
        read = "running" if month is None else f"{(month - 1) // 12:04d}-{(month - 1) % 12 + 1:02d}" + (f"-{day:02d}" if day else "")
        where = f'column "{shown(written)}"' if names else place(row, line, column, written)
        notes.add(
            f"date_{rule}", Verdict.REPAIRED,
            f"{where} {_FORMS[rule]} {read}" + (f"; {count - 1:,} more like it." if count > 1 else "."),
            row=None if names else row, line=None if names else line, column=column, value=written, count=count,
        )  # fmt: skip
