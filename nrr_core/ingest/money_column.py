"""A whole column of amounts: plain ones are cast by the database, the distinct others read by our own rules."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from nrr_core.errors import Verdict
from nrr_core.ingest.cells import Loaded, bulk_insert
from nrr_core.ingest.notes import Notes, shown
from nrr_core.ingest.values import CURRENCIES, NumberStyle, number_style, parse_amount

__all__ = ["MoneyColumn", "read_money"]

_PLAIN: Final = r"'-?\d{1,14}(\.\d{1,4})?'"
_WHOLE: Final = r"'-?\d{1,14}'"
_US: Final = r"'-?\d{1,3}(,\d{3}){1,3}(\.\d{1,4})?'"
_EU: Final = r"'-?(\d{1,3}(\.\d{3}){1,3}|\d{1,14})(,\d{1,4})?'"
_SMALL: Final = 9  # characters of an amount that cannot overflow
_DECIMAL: Final = {"point": ".", "comma": ","}


@dataclass
class MoneyColumn:
    """How one column of amounts is read: ``value`` and ``repaired`` are SQL over ``base`` and, where joined, ``fix_amount``."""

    value: str
    joined: bool = False
    repaired: str = "false"
    currencies: set[str] = field(default_factory=set)
    suffixes: bool = False
    decimal: str = "."

    def parse(self, text: str) -> int | None:
        """One amount outside the table, by the same rules."""
        return parse_amount(text, decimal=self.decimal, suffixes=self.suffixes).value if text.strip() else None


def _cast(text: str, *, small: bool = False) -> str:
    """SQL that turns a plain decimal text into ten-thousandths exactly; ``small`` is faster, for up to nine digits."""
    number = f"try_cast({text} as decimal(18, 4))"
    return f"cast({number if small else f'cast({number} as decimal(24, 4))'} * 10000 as bigint)"


def read_money(con: Any, *, column: str, loaded: Loaded, notes: Notes) -> MoneyColumn:
    """Decide how the column ``amount`` of ``base`` writes numbers, and read every distinct text that is not plain."""
    odd, dots, doubtful, ungrouped, longest = con.execute(
        f"""select count_if(not regexp_full_match(amount, {_PLAIN})), count_if(contains(amount, '.')),
        count_if(regexp_full_match(amount, '-?[1-9]\\d{{0,2}}\\.\\d{{3}}')),
        count_if(regexp_full_match(amount, '-?\\d{{4,14}}(\\.\\d*)?')),
        max(length(amount))
        from base"""
    ).fetchone()
    if odd == 0 and (dots == 0 or dots > doubtful or ungrouped):
        return MoneyColumn(_cast("base.amount", small=(longest or 0) <= _SMALL or not _has_large(con)))
    style = _style(con, ungrouped=bool(ungrouped))
    decimal = style.decimal or "."
    if style.decimal is None or style.mixed:
        example = style.example or "1,234"
        text = (
            f'Column "{shown(column)}" writes some amounts with a decimal point and some with a decimal comma.'
            if style.mixed
            else f'Column "{shown(column)}": “{shown(example)}” could be a number in the thousands or one with three decimals.'
        )
        taken = notes.ask(
            "decimal",
            text,
            {
                "point": "the point is the decimal mark: 1,234 is 1234 and 1.234 is 1.234",
                "comma": "the comma is the decimal mark: 1.234 is 1234 and 1,234 is 1.234",
            },
        )
        decimal = _DECIMAL[taken or "point"]
    return _convert(con, decimal, column=column, loaded=loaded, notes=notes)


def _has_large(con: Any) -> bool:
    """Whether any amount has ten digits or more before its decimal mark."""
    return bool(con.execute("select bool_or(regexp_full_match(amount, '-?\\d{10,14}(\\..*)?')) from base").fetchone()[0])


def _style(con: Any, *, ungrouped: bool) -> NumberStyle:
    """What the distinct texts of the column prove."""
    odd = con.execute(f"select distinct amount from base where not regexp_full_match(amount, {_PLAIN}) limit 20000").fetchall()
    dotted = con.execute(
        f"select distinct amount from base where contains(amount, '.') and regexp_full_match(amount, {_PLAIN}) limit 20000"
    ).fetchall()
    texts = [text for (text,) in odd + dotted]
    readable = [text for text in texts if parse_amount(text, decimal=".", suffixes=True).value is not None
                or parse_amount(text, decimal=",", suffixes=True).value is not None]  # fmt: skip
    return number_style((text.lower().rstrip("km bn") for text in readable), ungrouped=ungrouped)


def _convert(con: Any, decimal: str, *, column: str, loaded: Loaded, notes: Notes) -> MoneyColumn:
    """SQL for the column's own style, and the table ``fix_amount`` for every other text in it."""
    if decimal == ".":
        style, grouped, text = _PLAIN, _US, "replace(base.amount, ',', '')"
    else:
        style, grouped, text = _WHOLE, _EU, "replace(replace(base.amount, '.', ''), ',', '.')"
    is_plain, is_grouped = f"regexp_full_match(base.amount, {style})", f"regexp_full_match(base.amount, {grouped})"
    con.execute("create or replace table fix_amount (text varchar, value bigint, rule varchar, reason varchar)")
    money = MoneyColumn("", joined=True, decimal=decimal)
    others = con.execute(f"select distinct amount from base where trim(amount) <> '' and not ({is_plain} or {is_grouped})").fetchall()
    texts = [other for (other,) in others]
    if any(parse_amount(one, decimal=decimal).rule == "suffix" for one in texts):
        example = next(one for one in texts if parse_amount(one, decimal=decimal).rule == "suffix")
        taken = notes.ask(
            "suffix",
            f'Column "{shown(column)}": what does the letter in “{shown(example)}” mean?',
            {"thousands": "k is thousand, M is million", "quarantine": "set those rows aside"},
        )
        money.suffixes = taken == "thousands"
    _read_texts(con, texts, money, column=column, notes=notes)
    money.value = f"case when {is_plain} then {_cast('base.amount')} when {is_grouped} then {_cast(text)} else fix_amount.value end"
    money.repaired = f"(not {is_plain} and ({is_grouped} or fix_amount.value is not null))"
    _note_repairs(con, money, is_plain, column=column, loaded=loaded, notes=notes)
    return money


def _read_texts(con: Any, texts: Iterable[str], money: MoneyColumn, *, column: str, notes: Notes) -> None:
    """Read distinct texts one by one and keep value, rule and reason."""
    rows: tuple[list[Any], list[Any], list[Any], list[Any]] = ([], [], [], [])
    missing = 0
    for text in texts:
        amount = parse_amount(text, decimal=money.decimal, suffixes=money.suffixes)
        missing += amount.rule == "missing_amount"
        if amount.currency:
            money.currencies.add(amount.currency)
        for values, value in zip(rows, (text, amount.value, amount.rule, amount.reason), strict=True):
            values.append(value)
    if missing:
        example = next(text for text, rule in zip(rows[0], rows[2], strict=True) if rule == "missing_amount")
        taken = notes.ask(
            "missing_mrr",
            f'Column "{shown(column)}": what does “{shown(example)}” mean?',
            {"quarantine": "the amount is missing: set those rows aside", "zero": "no revenue: read it as 0"},
            default="quarantine",
        )
        if taken == "zero":
            for index, rule in enumerate(rows[2]):
                if rule == "missing_amount":
                    rows[1][index], rows[3][index] = 0, ""
    bulk_insert(con, "fix_amount", list(rows))


_READ_AS: Final = {
    "grouped": "is not written plainly",
    "written_form": "is not written plainly",
    "scientific": "is in scientific notation",
    "rounded": "has more than four decimals and was rounded half to even",
    "missing_amount": "stands for no revenue, as answered",
}


def _note_repairs(con: Any, money: MoneyColumn, is_plain: str, *, column: str, loaded: Loaded, notes: Notes) -> None:
    """One line for each kind of repair, with the first cell and how it was read."""
    found = con.execute(
        f"""select coalesce(rule, 'grouped') as rule, count(*), min(base.ordinal), arg_min(amount, base.ordinal),
        arg_min({money.value}, base.ordinal)
        from base left join fix_amount on base.amount = fix_amount.text
        where not {is_plain} and trim(amount) <> '' and {money.value} is not null group by all order by 3"""
    ).fetchall()
    for rule, count, ordinal, text, value in found:
        row, line = loaded.where(ordinal)
        read = f"{value / 10_000:.4f}".rstrip("0").rstrip(".")
        others = f"; {count - 1:,} more like it" if count > 1 else ""
        notes.add(
            f"amount_{rule}",
            Verdict.REPAIRED,
            f'row {row:,} (line {line:,}), column "{shown(column)}": "{shown(text)}" '
                f'{_READ_AS.get(rule, "is not written plainly")}'
            f" — read as {read}{others}.",
            row=row, line=line, column=column, value=text, count=count,
        )  # fmt: skip
    if money.currencies:
        symbols = {code: mark for mark, code in CURRENCIES.items()}
        marks = ", ".join(symbols.get(code, code) for code in sorted(money.currencies))
        notes.add(
            "currency_mark",
            Verdict.REPAIRED,
            f'Column "{shown(column)}" carries the currency mark {marks}; it was taken off.',
            column=column,
        )
