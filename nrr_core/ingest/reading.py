"""From cells to revenue lines: each column typed, failures set aside with row, line, column and value."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from nrr_core.errors import Verdict
from nrr_core.ingest import layouts
from nrr_core.ingest.cells import Loaded, line_sql
from nrr_core.ingest.date_column import DateRules, date_rules, distinct_dates, read_dates
from nrr_core.ingest.mapping import Columns, Guess
from nrr_core.ingest.money_column import MoneyColumn, read_money
from nrr_core.ingest.notes import Notes, shown
from nrr_core.ingest.report import Dimension
from nrr_core.ingest.text_column import tidy

__all__ = ["Reading"]

_TOTALS: Final = "'(grand|sub)?[ -]?totals?( (mrr|revenue|sum|amount))?:?|sum:?|summe:?|gesamt(summe)?:?|overall:?'"
_MONTHS: Final = (
    "month months monthly m mo mon|1, quarter quarterly quarters q|3, year yearly years annual annually y yr|12, "
    "semiannual semi_annual half_year biannual|6, two_years biennial|24"
)  # fmt: skip
INTERVALS: Final = {name: int(part.split("|")[1]) for part in _MONTHS.split(", ") for name in part.split("|")[0].split()}


@dataclass
class Reading:
    """One file on its way from text to revenue. Steps are called in the order of ``run``."""

    con: Any
    notes: Notes
    loaded: Loaded
    columns: Columns
    guess: Guess
    dimensions: tuple[Dimension, ...]
    indexes: dict[str, int]  # dimension key → column
    joins: list[str] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    tidied: set[str] = field(default_factory=set)
    money: MoneyColumn = field(default_factory=lambda: MoneyColumn("base.amount"))
    roles: set[str] = field(default_factory=set)
    currencies: list[str] = field(default_factory=list)
    pending: list[tuple[Any, ...]] = field(default_factory=list)
    typed: str = ""
    row: str = ""
    line: str = ""
    place: str = ""
    rows_repaired: int = 0

    @property
    def wide(self) -> bool:
        """Whether months are columns."""
        return bool(self.guess.months)

    def column(self, *fields: str) -> str:
        """The name of the column a field is read from."""
        found = next((self.guess.found[name] for name in fields if name in self.guess.found), None)
        return "" if found is None else self.columns.names[found.index]

    def run(self, progress: Callable[[float], None]) -> None:
        """All steps; leaves ``revenue``, ``bad`` and ``dropped`` in the database."""
        con = self.con
        layout = layouts.module_of(self.guess.layout)
        con.execute(
            "create or replace table bad (ordinal bigint, rank integer, rule varchar, col integer, value varchar, reason varchar)"
        )
        self._drop_rows()
        sql = layout.base(self.columns, self.guess, table=self.loaded.table, dimensions=self.indexes)
        filtered = " where rowid not in (select ordinal from dropped)" if self._any("dropped") else ""
        source = f"(select rowid, * from {self.loaded.table}{filtered})" if filtered else self.loaded.table
        con.execute(f"create or replace view base as {sql.replace(f'from {self.loaded.table}', f'from {source}')}")
        self.roles = {row[0] for row in con.execute("describe base").fetchall()}
        progress(0.1)
        self._texts()
        self._blanks()
        progress(0.3)
        self._amounts()
        dates = self._dates()
        self._currency()
        self.notes.stop_if_open()
        progress(0.5)
        self._write(dates)
        progress(0.8)
        self._totals()

    def _any(self, table: str) -> bool:
        return bool(self.con.execute(f"select exists (select 1 from {table})").fetchone()[0])

    def _drop_rows(self) -> None:
        """Rows that are no data: all cells blank, or the header once more."""
        width = len(self.columns.names)
        table = self.loaded.table
        cells = ", ".join(f"c{index}" for index in range(width))
        blank = f"coalesce({cells}) is null"
        if self.loaded.untidy:
            blank = " and ".join(f"coalesce(trim(c{index}), '') = ''" for index in range(width))
        first = [one.index for one in self.guess.found.values()][:3]
        same = " and ".join(f"trim(c{index}) = ?" for index in first)
        names = [self.columns.names[index] for index in first]
        self.con.execute(
            f"create or replace table dropped as select rowid as ordinal, case when {blank} then 'blank' else "
            f"'repeated header' end "
            f"as kind from {table} where {blank} or ({same})",
            names,
        )
        words = {
            "blank": "row(s) without any value",
            "repeated header": "repeated header line(s) in the middle of the file",
        }
        for kind, count, first_one in self.con.execute("select kind, count(*), min(ordinal) from dropped group by 1").fetchall():
            row, line = self.loaded.where(first_one)
            self.notes.add(
                kind.replace(" ", "_"), Verdict.REPAIRED, f"{count:,} {words[kind]} were dropped, the first at line "
                    f"{line:,}.",
                row=row, line=line, count=count,
            )  # fmt: skip
            self.loaded.kinds["data"] -= count
            self.loaded.kinds[kind] += count

    def _texts(self) -> None:
        """Identifiers and attributes stay text; they are tidied where that is needed."""
        named = {"account": self.column("account_id")} | {one.key: one.name for one in self.dimensions}
        floats = self._looks_float()
        for role in self._untidy(list(named)) | ({"account"} if floats else set()):
            zero = floats and role == "account"
            if tidy(self.con, role, column=named[role], loaded=self.loaded, notes=self.notes, strip_zero=zero):
                self.tidied.add(role)
                self.joins.append(f"left join fix_{role} on base.{role} = fix_{role}.text")
                self.repaired.append(f"fix_{role}.text is not null")

    def _untidy(self, roles: list[str]) -> set[str]:
        """Columns with spaces at an end or doubled, or with characters beyond printable ASCII."""
        if not self.loaded.untidy:
            return set()
        odd = "not regexp_full_match({0}, '[\\x20-\\x7e]*')" if self.loaded.strange else "false"
        tests = [
            f"bool_or({role}[1] = ' ' or {role}[-1] = ' ' or contains({role}, '  ') or {odd.format(role)})" for role in roles
        ]
        found = self.con.execute(f"select {', '.join(tests)} from base").fetchone()
        return {role for role, hit in zip(roles, found, strict=True) if hit}

    def _looks_float(self) -> bool:
        index = self.guess.found["account_id"].index
        values = [row[index] for row in self.columns.sample[:20] if index < len(row) and row[index].strip()]
        return bool(values) and all(value.strip().endswith(".0") for value in values)

    def _value(self, role: str) -> str:
        """SQL of a tidied text column."""
        return (
            f"case when fix_{role}.text is null then base.{role} else fix_{role}.value end"
            if role in self.tidied
            else f"base.{role}"
        )

    def _set_aside(
        self,
        rank: int,
        rule: str,
        where: str,
        *,
        at: str,
        value: str,
        reason: str,
        join: str = "",
        values: tuple[Any, ...] = (),
    ) -> None:
        """Quarantine the rows of ``base`` that a condition holds for. Conditions are ours, reasons bound."""
        self.con.execute(
            f"insert into bad select base.ordinal, {rank}, {rule}, {at}, {value}, {reason} from base {join} where {where}",
            values,
        )

    def _at(self, *fields: str) -> str:
        """SQL of the column number a failure is reported under."""
        found = next((self.guess.found[name] for name in fields if name in self.guess.found), None)
        return "base.amount_at" if found is None and self.wide else str(found.index if found else 0)

    def _blanks(self) -> None:
        """Rows without an account, a period or an amount, and summary rows."""
        con, account = self.con, f"trim({self._value('account')})" if self.tidied else "base.account"
        join = "left join fix_account on base.account = fix_account.text" if "account" in self.tidied else ""
        at = self._at("account_id")
        self._set_aside(1, "'total_row'", f"regexp_full_match(lower({account}), {_TOTALS})", at=at, value="base.account",
                        reason="'is a total of other rows, not an account'", join=join)  # fmt: skip
        when = "start" if "start" in self.roles else "month"
        no_time, no_amount = f"coalesce(trim(base.{when}), '') = ''", "coalesce(trim(base.amount), '') = ''"
        if not self.wide:
            self._set_aside(2, "'no_record'", f"{no_time} and {no_amount}", at=at, value="base.account",
                            reason="'has neither a period nor an amount: a note, not a record'")  # fmt: skip
            self._set_aside(4, "'blank_month'", no_time, at=self._at("month", "start_date"), value="''",
                            reason="'is blank; every row needs a period'")  # fmt: skip
        self._set_aside(3, "'blank_account'", f"coalesce({account}, '') = ''", at=at, value="''",
                        reason="'is blank: a subtotal, or a row without an account'", join=join)  # fmt: skip
        blank = con.execute(
            f"select count(*), min(ordinal) from base where {no_amount} and ordinal not in (select ordinal from bad)"
        ).fetchone()
        if blank[0]:
            row, line = self.loaded.where(blank[1])
            name = self.column("mrr", "amount", "arr")
            taken = self.notes.ask(
                "blank_mrr",
                f"{blank[0]:,} row(s) have no amount, the first is row {row:,} (line {line:,}), column "
                f'"{shown(name)}". What does a blank mean?',
                {"zero": "no revenue: read it as 0", "missing": "the amount is missing: set those rows aside"},
            )
            if taken == "missing":
                self._set_aside(5, "'blank_mrr'", no_amount, at=self._at("mrr", "amount", "arr"), value="''",
                                reason="'is blank; blank means missing, as answered'")  # fmt: skip

    def _amounts(self) -> None:
        """The column of money."""
        name = self.column("mrr", "amount", "arr") or "months"
        self.money = read_money(self.con, column=name, loaded=self.loaded, notes=self.notes)
        if self.money.joined:
            self.joins.append("left join fix_amount on base.amount = fix_amount.text")
            self.repaired.append(self.money.repaired)
            self._set_aside(
                7, "fix_amount.rule", "fix_amount.value is null", at=self._at("mrr", "amount", "arr"), value="base.amount",
                reason="fix_amount.reason", join="join fix_amount on base.amount = fix_amount.text",
            )  # fmt: skip
        if not self._any("(select 1 from base)"):
            raise self.notes.refuse("The file has a header but no data rows. Export it again with its rows.")

    def _dates(self) -> dict[str, str]:
        """The columns of dates: SQL of the key of each, by role."""
        roles = [role for role in ("month", "start", "finish") if role in self.roles]
        fields = {"month": "month", "start": "start_date", "finish": "end_date"}
        names = {f"c{index}": self.columns.names[index] for index in self.guess.months} if self.wide else None
        texts = [text for role in roles for text in distinct_dates(self.con, role)[0]]
        label = self.column(fields[roles[0]]) or "months"
        rules = date_rules([names[text] for text in texts] if names else texts, column=label, notes=self.notes)
        keys: dict[str, str] = {}
        for role in roles:
            keys[role] = self._date(role, fields[role], names, rules)
        return keys

    def _date(self, role: str, name: str, names: dict[str, str] | None, rules: DateRules) -> str:
        key = read_dates(self.con, role, column=self.column(name), names=names, rules=rules, loaded=self.loaded, notes=self.notes)
        join = f"{'left ' if role == 'finish' else ''}join fix_{role} on {key} = fix_{role}.text"
        self.joins.append(join.replace("left join", "join").replace("join", "left join"))
        self._set_aside(
            6, f"fix_{role}.rule", f"fix_{role}.month is null and fix_{role}.rule not in ('blank', "
                f"'open_end')", at=self._at(name),
            value=f"base.{role}", reason=f"fix_{role}.reason", join=join,
        )  # fmt: skip
        if (
            self.con.execute(
                f"select count_if(rule not in ('', 'blank', 'time') and month is not null) from fix_{role}"
            ).fetchone()[0]
            and names is None
        ):
            self.repaired.append(f"coalesce(fix_{role}.rule, '') in ('written_form', 'serial', 'zone')")
        return key

    def _currency(self) -> None:
        """One currency, or the person's choice of one; several are never added together."""
        marks = set(self.money.currencies)
        if "currency" in self.roles:
            found = self.con.execute(
                "select upper(trim(currency)), count(*) from base where trim(currency) <> '' group by 1 order by 2 desc"
            ).fetchall()
            self.currencies = [code for code, _ in found]
            if len(found) > 1:
                self._choose(dict(found))
        elif len(marks) > 1:
            raise self.notes.refuse(
                f"The amounts are in several currencies ({', '.join(sorted(marks))}), which cannot be added. "
                "Give them a currency column, or convert them to one currency."
            )
        self.currencies = self.currencies or sorted(marks)

    def _choose(self, found: dict[str, int]) -> None:
        """Ask for the currency to keep."""
        counts = ", ".join(f"{code} {count:,}×" for code, count in found.items())
        taken = self.notes.ask(
            "currency",
            f"The amounts are in several currencies ({counts}), which cannot be added. Which one is read?",
            {code.lower(): f"only the {count:,} rows in {code}; the others are set aside" for code, count in found.items()},
        )
        if taken:
            self.currencies = [taken.upper()]
            self._set_aside(
                8, "'other_currency'", "upper(trim(base.currency)) is distinct from ?", at=self._at("currency"),
                value="base.currency", reason="'is another currency than the one chosen'", values=(taken.upper(),),
            )  # fmt: skip

    def _mrr(self) -> str:
        """SQL of MRR in ten-thousandths, from what the amount stands for."""
        value = self.money.value
        if self.notes.options.answer("blank_mrr") == "zero":
            value = f"coalesce({value}, case when coalesce(trim(base.amount), '') = '' then 0 end)"
        if self._negative():
            value = f"-({value})"
        months = self._months_billed()
        if months == "1":
            return value
        self.con.execute(
            "create or replace macro share(x, n) as sign(x) * (abs(x) // n + case when 2 * (abs(x) % n) > n "
            "or (2 * (abs(x) % n) = n and (abs(x) // n) % 2 = 1) then 1 else 0 end)"
        )
        return f"cast(share({value}, {months}) as bigint)"

    def _negative(self) -> bool:
        """Whether signs are turned round: asked where most amounts are negative."""
        minus, plus, first = self.con.execute(
            f"select count_if(v < 0), count_if(v > 0), min(ordinal) filter (where v < 0) from (select base.ordinal, "
                f"{self.money.value} as v from base "
            + ("left join fix_amount on base.amount = fix_amount.text)" if self.money.joined else ")")
        ).fetchone() if self._may_be_negative() else (0, 0, None)  # fmt: skip
        if minus <= plus or first is None:
            return False
        row, line = self.loaded.where(first)
        taken = self.notes.ask(
            "sign",
            f"{minus:,} of {minus + plus:,} amounts are negative, the first in row {row:,} (line {line:,}). Is "
            f"revenue written with a minus?",
            {"flip": "yes: turn every sign round", "keep": "no: they are credits"},
        )
        self.notes.stop_if_open()
        return taken == "flip"

    def _may_be_negative(self) -> bool:
        """A cheap look for a minus or a bracket."""
        return bool(
            self.con.execute(
                "select count_if(amount[1] in ('-', '(', '−') or amount[-1] = '-' or contains(amount, '-')) from base"
            ).fetchone()[0]
        )

    def _months_billed(self) -> str:
        """SQL of the number of months that an amount covers."""
        if "mrr" in self.guess.found or self.wide:
            return "1"
        if "arr" in self.guess.found:
            self.notes.add(
                "from_arr",
                Verdict.NOTE,
                f'MRR is column "{shown(self.column("arr"))}" (annual) ÷ 12.',
                column=self.column("arr"),
            )
            return "12"
        if self.guess.layout == "snapshots":
            return "1"
        if "bill_interval" in self.roles:
            return self._interval_column()
        taken = self.notes.ask(
            "interval",
            f'Column "{shown(self.column("amount"))}": what time does an amount pay for? No column says it.',
            {"month": "one month: it is MRR", "quarter": "three months", "year": "twelve months"},
        )
        self.notes.stop_if_open()
        return str(INTERVALS[taken or "month"])

    def _interval_column(self) -> str:
        """Months from the interval column times the interval count; unknown words set their rows aside."""
        known = " ".join(f"when '{name}' then {months}" for name, months in INTERVALS.items())
        word = "replace(replace(lower(trim(base.bill_interval)), ' ', '_'), '-', '_')"
        unit = f"case {word} {known} else try_cast({word} as integer) end"
        count = "coalesce(try_cast(base.bill_count as integer), 1)" if "bill_count" in self.roles else "1"
        self._set_aside(
            9, "'interval'", f"coalesce(({unit}) * {count}, 0) <= 0", at=self._at("interval"), value="base.bill_interval",
            reason="'is no billing interval of whole months (month, quarter, year, or a number of months)'",
        )  # fmt: skip
        self.notes.add(
            "from_interval",
            Verdict.NOTE,
            f'MRR is column "{shown(self.column("amount"))}" ÷ the months of "{shown(self.column("interval"))}".',
        )
        return f"greatest(coalesce(({unit}) * {count}, 1), 1)"

    def _write(self, dates: dict[str, str]) -> None:
        """The table or view ``revenue``: a view where every cell is plain, a table where something had to be joined."""
        row, self.line, place = line_sql(self.con, self.loaded)
        self.row, self.place = row, place
        amount = self._mrr()
        first = "fix_start.month" if "start" in dates else "fix_month.month"
        after = "fix_finish.month" if "finish" in dates else f"{first} + 1" if "month" in dates else "cast(null as integer)"
        if "finish" in dates:
            join = " ".join(part for part in self.joins if "fix_start" in part or "fix_finish" in part)
            late = "fix_finish.month * 32 + coalesce(fix_finish.day, 1) < fix_start.month * 32 + coalesce(fix_start.day, 1)"
            self._set_aside(10, "'ends_before_start'", late, at=self._at("end_date"), value="base.finish",
                            reason="'lies before the start'", join=join)  # fmt: skip
        attributes = "".join(f", {self._value(one.key)} as {one.key}" for one in self.dimensions)
        repaired = " or ".join(self.repaired) or "false"
        columns = (
            f"{row} as row, {self._value('account')} as account_id, {first} as f, {after} as t, {amount} as amount{attributes}"
        )
        if "month" in dates and not self.wide:
            self._same_month(amount)
        joins = " ".join(self.joins)
        self.typed = f"select base.ordinal, {columns}, coalesce({repaired}, false) as repaired from base {joins} {place}"
        good = " where base.ordinal not in (select ordinal from bad)" if self._any("bad") else ""
        kind = "view" if not good and self.repaired == [] and not place and not self.wide else "table"
        self.con.execute("drop view if exists revenue")
        self.con.execute(f"create or replace {kind} revenue as select {columns} from base {joins} {place}{good}")
        self.rows_repaired = 0
        if self.repaired:
            self.rows_repaired = self.con.execute(
                f"select count(distinct ordinal) from ({self.typed}{good}) where repaired"
            ).fetchone()[0]

    def _same_month(self, amount: str) -> None:
        """Several days of one account in one month: the person says what they are."""
        days = self.con.execute(
            "select count(*) from (select month from fix_month where day is not null group by month having "
            "count(distinct day) > 1)"
        ).fetchone()[0]
        if not days:
            return
        account, joins = self._value("account"), " ".join(self.joins)
        days_sql = (
            f"select base.ordinal, {account} as a, fix_month.month as m, fix_month.day as d, {amount} as v from base {joins}"
        )
        found = self.con.execute(
            f"select count(*), min(o) from (select a, m, min(ordinal) as o from ({days_sql}) where m is not null "
            f"group by a, m having count(distinct d) > 1)"
        ).fetchone()
        if not found[0]:
            return
        row, line = self.loaded.where(found[1])
        taken = self.notes.ask(
            "same_month",
            f"{found[0]:,} account-month(s) have rows of several days, the first at row {row:,} (line {line:,}). "
            f"Which MRR is theirs?",
            {"last": "the last day’s", "first": "the first day’s", "sum": "all of them added"},
        )
        self.notes.stop_if_open()
        if taken in {"last", "first"}:
            best = "max" if taken == "last" else "min"
            self.con.execute(
                f"insert into bad select ordinal, 11, 'other_day', {self._at('month')}, cast(d as varchar), 'is not "
                f"the {taken} day of its month' "
                f"from (select *, {best}(d) over (partition by a, m) as keep from ({days_sql})) where d <> keep"
            )

    def _totals(self) -> None:
        """A summary row must equal the rows it sums up; otherwise it may be an account of that name."""
        found = self.con.execute(
            f"select ordinal, f, amount from ({self.typed}) where ordinal in (select ordinal from bad where rule = "
            f"'total_row') limit 1000"
        ).fetchall()
        if not found:
            return
        whole = self.con.execute("select coalesce(sum(amount), 0) from revenue").fetchone()[0]
        months = dict(self.con.execute("select f, sum(amount) from revenue group by f").fetchall())
        wrong = [one for one in found if one[2] is not None and one[2] not in {whole, months.get(one[1])}]
        if not wrong:
            return
        row, line = self.loaded.where(wrong[0][0])
        taken = self.notes.ask(
            "totals",
            f"Row {row:,} (line {line:,}) is called a total but {wrong[0][2] / 10_000:,.2f} is not the sum of the "
            f"rows it could sum up.",
            {"quarantine": "it is a summary: set it aside", "keep": "it is an account of that name"},
        )
        self.notes.stop_if_open()
        if taken == "keep":
            self.con.execute("delete from bad where rule = 'total_row'")
            self.con.execute("drop view if exists revenue") if not self.is_table() else self.con.execute("drop table revenue")
            self.con.execute(
                f"create table revenue as select * exclude (ordinal, repaired) from ({self.typed}) where ordinal "
                f"not in (select ordinal from bad)"
            )

    @property
    def lines_repaired(self) -> int:
        """Rows that were repaired before their cells were read."""
        return len(self.loaded.repaired)

    def is_table(self) -> bool:
        """Whether revenue is a table rather than a view."""
        return bool(self.con.execute("select count(*) from duckdb_tables() where table_name = 'revenue'").fetchone()[0])
