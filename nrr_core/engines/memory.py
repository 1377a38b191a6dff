"""DuckDB in memory: the engine of a ledger that was derived from another dataset and lives as long as somebody asks it."""

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from nrr_core.engine import Codes, Table
from nrr_core.engines.duckdb import LOCK, DuckDBEngine
from nrr_core.schema import SHARE

__all__ = ["MemoryEngine"]

_BY_COHORT = ("cohorts", "cohort_sizes")


class MemoryEngine(DuckDBEngine):
    """Accounts, profiles, segments and positions in memory. Roll-ups are not kept: each is made when it is first asked for.

    Nothing is read or spilled, so it has no threads for that: there may be dozens of these.
    """

    def __init__(self, *, memory: str = "2GB", threads: int = 2) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory, "threads": threads, "async_threads": 0, "temp_directory": "",
        }  # fmt: skip
        self._con = duckdb.connect(":memory:", config=config)
        for setting in LOCK:
            self._con.execute(setting)
        self._con.execute(SHARE)
        self.windows: tuple[int, ...] = ()
        self._cells: Codes = np.zeros(0, dtype=np.int32)
        self._last = 0

    def make(self, table: str, sql: str, **parameters: int) -> None:
        """A table of this engine from a statement; only while a ledger is derived."""
        self._con.execute(f"create table {table} as {sql}", parameters)

    def take(self, table: str, rows: pa.Table) -> None:
        """A table of another engine, to be read here."""
        self._con.register(table, rows)

    def drop(self, *tables: str) -> None:
        """Let go of tables that were needed on the way."""
        for table in tables:
            self._con.execute(f"drop table {table}")

    def rename(self, table: str, name: str) -> None:
        """Let a table take the place of another."""
        self._con.execute(f"drop table if exists {name}")
        self._con.execute(f"alter table {table} rename to {name}")

    def let_go(self, *tables: str) -> None:
        """Let go of tables of another engine."""
        for table in tables:
            self._con.unregister(table)

    def ready(self, *, cells: Codes, last: int) -> None:
        """The ledger is made: cells of its roll-ups, and its last month."""
        self._cells, self._last = cells, last

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a small query."""
        return self._fetch(sql, {})

    def rolled(self, name: str, window: int | None) -> Table:
        """The rows of a roll-up, made now."""
        if window is not None:
            raise KeyError(name, window)
        inputs: dict[str, Table] = {"chosen": {"profile": np.arange(len(self._cells), dtype=np.int32), "segment": self._cells}}
        if name in _BY_COHORT:
            members = self.query("members", parameters={"length": 1, "start": 1, "last": self._last})
            inputs["members"] = {column: np.asarray(values) for column, values in members.items()}
        return self.query(name, inputs=inputs, parameters={"floor": 0} if name == "base" else {})

    def table(self, name: str, *, limit: int) -> Table:
        """The lists of an import belong to the dataset that was read, not to a ledger derived from it."""
        raise KeyError(name, limit)
