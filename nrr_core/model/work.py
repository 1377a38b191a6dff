"""An import's connection with the new model attached as ``model``."""

from dataclasses import dataclass
from typing import Any

import duckdb

__all__ = ["Work"]


@dataclass(frozen=True, slots=True)
class Work:
    """What the steps of a build share."""

    con: duckdb.DuckDBPyConnection

    def table(self, name: str, sql: str, **parameters: int) -> None:
        """A new table from a query."""
        self.con.execute(f"create table {name} as {sql}", parameters)

    def drop(self, *names: str) -> None:
        """Let go of tables."""
        for name in names:
            self.con.execute(f"drop table {name}")

    def one(self, sql: str) -> tuple[Any, ...]:
        """The single row of a query."""
        return tuple(self.con.execute(sql).fetchall()[0])
