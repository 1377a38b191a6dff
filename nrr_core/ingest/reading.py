"""One file between its cells and its revenue: what the steps of ``revenue.write`` know of it, and what they found."""

from dataclasses import dataclass, field
from typing import Any

from nrr_core.ingest.cells import Loaded
from nrr_core.ingest.details import Lines
from nrr_core.ingest.mapping import Columns, Guess
from nrr_core.ingest.money_column import MoneyColumn
from nrr_core.ingest.notes import Notes
from nrr_core.ingest.rates import Rates
from nrr_core.ingest.report import Dimension

__all__ = ["Reading"]


@dataclass
class Reading:
    """A file's columns as they come to be understood.

    Lines of revenue are rows of ``base``, as text. A text that does not stand for itself is looked up in ``fix_<role>``:
    ``joins`` are those look-ups, ``repaired`` the conditions under which a row was changed by one. Rows that fail are in ``bad``.
    """

    con: Any
    notes: Notes
    loaded: Loaded
    columns: Columns
    guess: Guess
    dimensions: tuple[Dimension, ...]
    indexes: dict[str, int]  # dimension key → column
    lines: Lines = field(default_factory=Lines)
    rates: Rates | None = None
    base: str = ""  # the currency that amounts are converted to, where there are several
    joins: list[str] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    tidied: set[str] = field(default_factory=set)
    money: MoneyColumn = field(default_factory=lambda: MoneyColumn("base.amount"))
    roles: set[str] = field(default_factory=set)  # the columns of ``base``
    currencies: list[str] = field(default_factory=list)
    every_row: str = ""  # SQL of all rows of ``base`` as revenue, the bad ones too
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

    def at(self, *fields: str) -> str:
        """SQL of the column number a failure is reported under."""
        found = next((self.guess.found[name] for name in fields if name in self.guess.found), None)
        return "base.amount_at" if found is None and self.wide else str(found.index if found else 0)

    def value(self, role: str) -> str:
        """SQL of a tidied text column."""
        return f"case when fix_{role}.text is null then base.{role} else fix_{role}.value end" if role in self.tidied else f"base.{role}"

    def any_in(self, table: str) -> bool:
        """Whether a table has rows."""
        return bool(self.con.execute(f"select exists (select 1 from {table})").fetchone()[0])

    def is_table(self) -> bool:
        """Whether revenue is a table rather than a view."""
        return bool(self.con.execute("select count(*) from duckdb_tables() where table_name = 'revenue'").fetchone()[0])

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
