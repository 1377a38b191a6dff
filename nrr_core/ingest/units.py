"""What an amount is: its currency, its sign, and the months it pays for."""

from typing import Final

from nrr_core.errors import Verdict
from nrr_core.ingest.notes import shown
from nrr_core.ingest.rates import Rates
from nrr_core.ingest.reading import Reading
from nrr_core.schema import MONEY_PRECISION, RATE_UNIT, SHARE

__all__ = ["mrr_sql", "read_currency"]

_MONTHS: Final = (
    "month months monthly m mo mon|1, quarter quarterly quarters q|3, year yearly years annual annually y yr|12, "
    "semiannual semi_annual half_year biannual|6, two_years biennial|24"
)  # fmt: skip
_LARGEST: Final = 10**MONEY_PRECISION
_INTERVALS: Final = {name: int(part.split("|")[1]) for part in _MONTHS.split(", ") for name in part.split("|")[0].split()}


def read_currency(reading: Reading) -> None:
    """One currency, or the person's choice of one; several are never added together."""
    marks = set(reading.money.currencies)
    if "currency" in reading.roles:
        found = reading.con.execute(
            "select upper(trim(currency)), count(*) from base where trim(currency) <> '' group by 1 order by 2 desc, 1"
        ).fetchall()
        reading.currencies = [code for code, _ in found]
        if len(found) > 1 and reading.rates is not None:
            _convert(reading, dict(found), reading.rates)
        elif len(found) > 1:
            _choose(reading, dict(found))
    elif len(marks) > 1:
        raise reading.notes.refuse(
            f"The amounts are in several currencies ({', '.join(sorted(marks))}), which cannot be added. "
            "Give them a currency column, or convert them to one currency."
        )
    reading.currencies = reading.currencies or sorted(marks)


def _convert(reading: Reading, found: dict[str, int], rates: Rates) -> None:
    """All rows are kept, each at the rate of its first month; those that don't name their currency are set aside."""
    reading.base = rates.write(reading.con, found, reading.notes)
    reading.currencies = [reading.base]
    reading.con.execute(SHARE)
    joined = " left join fix_amount on base.amount = fix_amount.text" if reading.money.joined else ""
    largest = reading.con.execute(f"select coalesce(max(abs({reading.money.value})), 0) from base{joined}").fetchone()[0]
    if largest * rates.highest >= _LARGEST * RATE_UNIT:
        raise reading.notes.refuse("The rates make amounts of more than 14 digits. Check that they are units of the base currency.")
    reading.set_aside(
        8, "'blank_currency'", "coalesce(trim(base.currency), '') = ''", at=reading.at("currency"), value="''",
        reason="'is blank, and the file has several currencies'",
    )  # fmt: skip


def _choose(reading: Reading, found: dict[str, int]) -> None:
    """Ask for the currency to keep."""
    counts = ", ".join(f"{code} {count:,}×" for code, count in found.items())
    taken = reading.notes.ask(
        "currency",
        f"The amounts are in several currencies ({counts}), which cannot be added. Which one is read? "
        "To read them all, add a file of exchange rates (currency, month, rate).",
        {code.lower(): f"only the {count:,} rows in {code}; the others are set aside" for code, count in found.items()},
    )
    if taken:
        reading.currencies = [taken.upper()]
        reading.set_aside(
            8, "'other_currency'", "upper(trim(base.currency)) is distinct from ?", at=reading.at("currency"),
            value="base.currency", reason="'is another currency than the one chosen'", values=(taken.upper(),),
        )  # fmt: skip


def mrr_sql(reading: Reading) -> str:
    """SQL of MRR in ten-thousandths, from what the amount stands for."""
    value = reading.money.value
    if reading.notes.options.answer("blank_mrr") == "zero":
        value = f"coalesce({value}, case when coalesce(trim(base.amount), '') = '' then 0 end)"
    if _negative(reading):
        value = f"-({value})"
    months = _months_billed(reading)
    if months == "1":
        return value
    reading.con.execute(SHARE)
    return f"cast(share({value}, {months}) as bigint)"


def _negative(reading: Reading) -> bool:
    """Whether signs are turned round: asked where most amounts are negative."""
    minus, plus, first = reading.con.execute(
        f"select count_if(v < 0), count_if(v > 0), min(ordinal) filter (where v < 0) from (select base.ordinal, "
            f"{reading.money.value} as v from base "
        + ("left join fix_amount on base.amount = fix_amount.text)" if reading.money.joined else ")")
    ).fetchone() if _may_be_negative(reading) else (0, 0, None)  # fmt: skip
    if minus <= plus or first is None:
        return False
    row, line = reading.loaded.where(first)
    taken = reading.notes.ask(
        "sign",
        f"{minus:,} of {minus + plus:,} amounts are negative, the first in row {row:,} (line {line:,}). Is revenue written with a minus?",
        {"flip": "yes: turn every sign round", "keep": "no: they are credits"},
    )
    reading.notes.stop_if_open()
    return taken == "flip"


def _may_be_negative(reading: Reading) -> bool:
    """A cheap look for a minus or a bracket."""
    return bool(
        reading.con.execute(
            "select count_if(amount[1] in ('-', '(', '−') or amount[-1] = '-' or contains(amount, '-')) from base"
        ).fetchone()[0]
    )


def _months_billed(reading: Reading) -> str:
    """SQL of the number of months that an amount covers."""
    if "mrr" in reading.guess.found or reading.wide:
        return "1"
    if "arr" in reading.guess.found:
        reading.notes.add(
            "from_arr",
            Verdict.NOTE,
            f'MRR is column "{shown(reading.column("arr"))}" (annual) ÷ 12.',
            column=reading.column("arr"),
        )
        return "12"
    if reading.guess.layout == "snapshots":
        return "1"
    if "bill_interval" in reading.roles:
        return _interval_column(reading)
    taken = reading.notes.ask(
        "interval",
        f'Column "{shown(reading.column("amount"))}": what time does an amount pay for? No column says it.',
        {"month": "one month: it is MRR", "quarter": "three months", "year": "twelve months"},
    )
    reading.notes.stop_if_open()
    return str(_INTERVALS[taken or "month"])


def _interval_column(reading: Reading) -> str:
    """Months from the interval column times the interval count; unknown words set their rows aside."""
    known = " ".join(f"when '{name}' then {months}" for name, months in _INTERVALS.items())
    word = "replace(replace(lower(trim(base.bill_interval)), ' ', '_'), '-', '_')"
    unit = f"case {word} {known} else try_cast({word} as integer) end"
    count = "coalesce(try_cast(base.bill_count as integer), 1)" if "bill_count" in reading.roles else "1"
    reading.set_aside(
        9, "'interval'", f"coalesce(({unit}) * {count}, 0) <= 0", at=reading.at("interval"), value="base.bill_interval",
        reason="'is no billing interval of whole months (month, quarter, year, or a number of months)'",
    )  # fmt: skip
    reading.notes.add(
        "from_interval",
        Verdict.NOTE,
        f'MRR is column "{shown(reading.column("amount"))}" ÷ the months of "{shown(reading.column("interval"))}".',
    )
    return f"greatest(coalesce(({unit}) * {count}, 1), 1)"
