"""The columns of a file, typed: texts, amounts and dates, each read by its own rules and joined back to its rows."""

from typing import Final

from nrr_core.ingest import date_column, money_column
from nrr_core.ingest.reading import Reading
from nrr_core.ingest.text_column import tidy

__all__ = ["read_amounts", "read_dates", "read_texts"]

_DATES: Final = {"month": "month", "start": "start_date", "finish": "end_date"}  # role in ``base`` → field


def read_texts(reading: Reading) -> None:
    """Identifiers and attributes stay text; they are tidied where that is needed."""
    named = {"account": reading.column("account_id")} | {one.key: one.name for one in reading.dimensions}
    if reading.lines.item is not None and reading.lines.item not in reading.indexes.values():
        named["item"] = reading.columns.names[reading.lines.item]
    floats = _looks_float(reading)
    untidy = _untidy(reading, list(named)) | ({"account"} if floats else set())
    for role in [one for one in named if one in untidy]:
        zero = floats and role == "account"
        if tidy(reading.con, role, column=named[role], loaded=reading.loaded, notes=reading.notes, strip_zero=zero):
            reading.tidied.add(role)
            reading.joins.append(f"left join fix_{role} on base.{role} = fix_{role}.text")
            reading.repaired.append(f"fix_{role}.text is not null")


def _untidy(reading: Reading, roles: list[str]) -> set[str]:
    """Columns with spaces at an end or doubled, or with characters beyond printable ASCII."""
    if not reading.loaded.untidy:
        return set()
    odd = "not regexp_full_match({0}, '[\\x20-\\x7e]*')" if reading.loaded.strange else "false"
    tests = [f"bool_or({role}[1] in (' ', '''') or {role}[-1] = ' ' or contains({role}, '  ') or {odd.format(role)})" for role in roles]
    found = reading.con.execute(f"select {', '.join(tests)} from base").fetchone()
    return {role for role, hit in zip(roles, found, strict=True) if hit}


def _looks_float(reading: Reading) -> bool:
    """Whether the first identifiers all end like a float."""
    index = reading.guess.found["account_id"].index
    values = [row[index] for row in reading.columns.sample[:20] if index < len(row) and row[index].strip()]
    return bool(values) and all(value.strip().endswith(".0") for value in values)


def read_amounts(reading: Reading) -> None:
    """The column of money."""
    name = reading.column("mrr", "amount", "arr") or "months"
    reading.money = money_column.read_money(reading.con, column=name, loaded=reading.loaded, notes=reading.notes)
    if reading.money.joined:
        reading.joins.append("left join fix_amount on base.amount = fix_amount.text")
        reading.repaired.append(reading.money.repaired)
        reading.set_aside(
            7, "fix_amount.rule", "fix_amount.value is null", at=reading.at("mrr", "amount", "arr"), value="base.amount",
            reason="fix_amount.reason", join="join fix_amount on base.amount = fix_amount.text",
        )  # fmt: skip
    if not reading.any_in("base"):
        raise reading.notes.refuse("The file has a header but no data rows. Export it again with its rows.")


def read_dates(reading: Reading) -> None:
    """The columns of dates, by one rule for all of them; a span must not end before it starts."""
    roles = [role for role in _DATES if role in reading.roles]
    names = {f"c{index}": reading.columns.names[index] for index in reading.guess.months} if reading.wide else None
    texts = [text for role in roles for text in date_column.distinct_dates(reading.con, role)[0]]
    label = reading.column(_DATES[roles[0]]) or "months"
    rules = date_column.date_rules([names[text] for text in texts] if names else texts, column=label, notes=reading.notes)
    joins = {role: _read_date(reading, role, names, rules) for role in roles}
    if "finish" in roles:
        late = "fix_finish.month * 32 + coalesce(fix_finish.day, 1) < fix_start.month * 32 + coalesce(fix_start.day, 1)"
        reading.set_aside(10, "'ends_before_start'", late, at=reading.at("end_date"), value="base.finish",
                          reason="'lies before the start'", join=f"{joins['start']} {joins['finish']}")  # fmt: skip


def _read_date(reading: Reading, role: str, names: dict[str, str] | None, rules: date_column.DateRules) -> str:
    """One column of dates; returns the join to what its texts mean."""
    field = _DATES[role]
    key = date_column.read_dates(
        reading.con, role, column=reading.column(field), names=names, rules=rules, loaded=reading.loaded, notes=reading.notes
    )
    found = f"join fix_{role} on {key} = fix_{role}.text"
    join = f"left {found}" if role == "finish" else found  # a span may have no end
    reading.joins.append(f"left {found}")
    reading.set_aside(
        6, f"fix_{role}.rule", f"fix_{role}.month is null and fix_{role}.rule not in ('blank', 'open_end')", at=reading.at(field),
        value=f"base.{role}", reason=f"fix_{role}.reason", join=join,
    )  # fmt: skip
    unusual = f"select count_if(rule not in ('', 'blank', 'time') and month is not null) from fix_{role}"
    if names is None and reading.con.execute(unusual).fetchone()[0]:
        reading.repaired.append(f"coalesce(fix_{role}.rule, '') in ('written_form', 'serial', 'zone')")
    return join
