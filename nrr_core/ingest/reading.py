"""From cells to revenue lines: each column typed, failures set aside with row, line, column and value."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from nrr_core.errors import Verdict
from nrr_core.ingest import details, layouts, summaries, units
from nrr_core.ingest.cells import Loaded, line_sql
from nrr_core.ingest.date_column import DateRules, date_rules, distinct_dates, read_dates
from nrr_core.ingest.mapping import Columns, Guess
from nrr_core.ingest.money_column import MoneyColumn, read_money
from nrr_core.ingest.notes import Notes, shown
from nrr_core.ingest.rates import Rates
from nrr_core.ingest.report import Dimension
from nrr_core.ingest.text_column import tidy
from nrr_core.schema import RATE_UNIT

__all__ = ["Reading"]

_TOTALS: Final = "'(grand|sub)?[ -]?totals?( (mrr|revenue|sum|amount))?:?|sum:?|summe:?|gesamt(summe)?:?|overall:?'"


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
    lines: details.Lines = field(default_factory=details.Lines)
    rates: Rates | None = None
    base: str = ""  # the currency that amounts are converted to, where there are several
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
        con.execute("create or replace table bad (ordinal bigint, rank integer, rule varchar, col integer, value varchar, reason varchar)")
        self._drop_rows()
        sql = layout.base(self.columns, self.guess, table=self.loaded.table, dimensions=self.indexes | self.lines.roles)
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
        units.read_currency(self)
        self.notes.stop_if_open()
        progress(0.5)
        self._write(dates)
        progress(0.8)
        summaries.check_totals(self)

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
        if self.lines.item is not None and self.lines.item not in self.indexes.values():
            named["item"] = self.columns.names[self.lines.item]
        floats = self._looks_float()
        untidy = self._untidy(list(named)) | ({"account"} if floats else set())
        for role in [one for one in named if one in untidy]:
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
        tests = [f"bool_or({role}[1] in (' ', '''') or {role}[-1] = ' ' or contains({role}, '  ') or {odd.format(role)})" for role in roles]
        found = self.con.execute(f"select {', '.join(tests)} from base").fetchone()
        return {role for role, hit in zip(roles, found, strict=True) if hit}

    def _looks_float(self) -> bool:
        index = self.guess.found["account_id"].index
        values = [row[index] for row in self.columns.sample[:20] if index < len(row) and row[index].strip()]
        return bool(values) and all(value.strip().endswith(".0") for value in values)

    def value(self, role: str) -> str:
        """SQL of a tidied text column."""
        return f"case when fix_{role}.text is null then base.{role} else fix_{role}.value end" if role in self.tidied else f"base.{role}"

    def set_aside(
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

    def at(self, *fields: str) -> str:
        """SQL of the column number a failure is reported under."""
        found = next((self.guess.found[name] for name in fields if name in self.guess.found), None)
        return "base.amount_at" if found is None and self.wide else str(found.index if found else 0)

    def _blanks(self) -> None:
        """Rows without an account, a period or an amount, and summary rows."""
        con, account = self.con, f"trim({self.value('account')})" if self.tidied else "base.account"
        join = "left join fix_account on base.account = fix_account.text" if "account" in self.tidied else ""
        at = self.at("account_id")
        self.set_aside(1, "'total_row'", f"regexp_full_match(lower({account}), {_TOTALS})", at=at, value="base.account",
                        reason="'is a total of other rows, not an account'", join=join)  # fmt: skip
        when = "start" if "start" in self.roles else "month"
        no_time, no_amount = f"coalesce(trim(base.{when}), '') = ''", "coalesce(trim(base.amount), '') = ''"
        if not self.wide:
            self.set_aside(2, "'no_record'", f"{no_time} and {no_amount}", at=at, value="base.account",
                            reason="'has neither a period nor an amount: a note, not a record'")  # fmt: skip
            self.set_aside(4, "'blank_month'", no_time, at=self.at("month", "start_date"), value="''",
                            reason="'is blank; every row needs a period'")  # fmt: skip
        self.set_aside(3, "'blank_account'", f"coalesce({account}, '') = ''", at=at, value="''",
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
                self.set_aside(5, "'blank_mrr'", no_amount, at=self.at("mrr", "amount", "arr"), value="''",
                                reason="'is blank; blank means missing, as answered'")  # fmt: skip

    def _amounts(self) -> None:
        """The column of money."""
        name = self.column("mrr", "amount", "arr") or "months"
        self.money = read_money(self.con, column=name, loaded=self.loaded, notes=self.notes)
        if self.money.joined:
            self.joins.append("left join fix_amount on base.amount = fix_amount.text")
            self.repaired.append(self.money.repaired)
            self.set_aside(
                7, "fix_amount.rule", "fix_amount.value is null", at=self.at("mrr", "amount", "arr"), value="base.amount",
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
        self.set_aside(
            6, f"fix_{role}.rule", f"fix_{role}.month is null and fix_{role}.rule not in ('blank', "
                f"'open_end')", at=self.at(name),
            value=f"base.{role}", reason=f"fix_{role}.reason", join=join,
        )  # fmt: skip
        if (
            self.con.execute(f"select count_if(rule not in ('', 'blank', 'time') and month is not null) from fix_{role}").fetchone()[0]
            and names is None
        ):
            self.repaired.append(f"coalesce(fix_{role}.rule, '') in ('written_form', 'serial', 'zone')")
        return key

    def _write(self, dates: dict[str, str]) -> None:
        """The table or view ``revenue``: a view where every cell is plain, a table where something had to be joined."""
        row, self.line, place = line_sql(self.con, self.loaded)
        self.row, self.place = row, place
        amount = units.mrr_sql(self)
        first = "fix_start.month" if "start" in dates else "fix_month.month"
        after = "fix_finish.month" if "finish" in dates else f"{first} + 1" if "month" in dates else "cast(null as integer)"
        if "finish" in dates:
            join = " ".join(part for part in self.joins if "fix_start" in part or "fix_finish" in part)
            late = "fix_finish.month * 32 + coalesce(fix_finish.day, 1) < fix_start.month * 32 + coalesce(fix_start.day, 1)"
            self.set_aside(10, "'ends_before_start'", late, at=self.at("end_date"), value="base.finish",
                            reason="'lies before the start'", join=join)  # fmt: skip
        attributes = "".join(f", {self.value(one.key)} as {one.key}" for one in self.dimensions)
        repaired = " or ".join(self.repaired) or "false"
        said = self._said(amount)
        if self.base:
            code = "upper(trim(base.currency))"
            self.joins.append(f"left join rates as fx on fx.currency = {code} and fx.f <= {first} and fx.t > {first}")
            amount = f"cast(share(cast({amount} as hugeint) * fx.rate, {RATE_UNIT}) as bigint)"
        columns = f"{row} as row, {self.value('account')} as account_id, {first} as f, {after} as t, {amount} as amount{attributes}{said}"
        if "month" in dates and not self.wide:
            summaries.pick_days(self, amount)
        joins = " ".join(self.joins)
        self.typed = f"select base.ordinal, {columns}, coalesce({repaired}, false) as repaired from base {joins} {place}"
        good = " where base.ordinal not in (select ordinal from bad)" if self._any("bad") else ""
        plain = not good and self.repaired == [] and not place and not self.wide and not self.base
        kind = "view" if plain else "table"
        self.con.execute("drop view if exists revenue")
        self.con.execute(f"create or replace {kind} revenue as select {columns} from base {joins} {place}{good}")
        self.rows_repaired = 0
        if self.repaired:
            self.rows_repaired = self.con.execute(f"select count(distinct ordinal) from ({self.typed}{good}) where repaired").fetchone()[0]

    def _said(self, amount: str) -> str:
        """SQL of what lines say besides."""
        item = next((key for key, index in self.indexes.items() if index == self.lines.item), "item")
        said = "" if self.lines.item is None else f", {self.value(item)} as item"
        said += "" if self.lines.kind is None else f", {self.lines.kind_sql} as kind"
        return f"{said}, upper(trim(base.currency)) as currency, {amount} as native" if self.base else said

    @property
    def lines_repaired(self) -> int:
        """Rows that were repaired before their cells were read."""
        return len(self.loaded.repaired)

    def is_table(self) -> bool:
        """Whether revenue is a table rather than a view."""
        return bool(self.con.execute("select count(*) from duckdb_tables() where table_name = 'revenue'").fetchone()[0])
