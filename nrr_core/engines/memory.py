"""Ledgers in memory: the engine of what was derived from another dataset, and lives as long as somebody asks it."""

import threading
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from nrr_core.engine import Codes, Runs, Table
from nrr_core.engines.duckdb import LOCK, DuckDBEngine
from nrr_core.engines.runs import column, positions
from nrr_core.schema import SHARE

__all__ = ["Described", "MemoryEngine"]

_BY_COHORT = ("cohorts", "cohort_sizes")


@dataclass(frozen=True, eq=False)
class Described:
    """Accounts, profiles and segments of a ledger; ledgers that differ in exchange rates alone share them."""

    accounts: pa.Table
    profiles: pa.Table
    segments: pa.Table

    def segment_texts(self, key: str) -> tuple[str, ...]:
        """The segments of a dimension by code."""
        own = self.segments.filter(pa.compute.equal(self.segments["key"], key)).sort_by("code")
        return tuple(own["value"].to_pylist())


class MemoryEngine(DuckDBEngine):
    """Accounts, profiles, segments and positions in memory; roll-ups are not kept.

    Sums at the ends of windows are read from its runs. For all else there is a database, made when it is first needed:
    there may be dozens of these engines. It reads and spills nothing, so it has no threads for that.
    """

    def __init__(self, parts: tuple[Runs, ...], described: Described, *, cells: Codes, last: int) -> None:
        self.windows: tuple[int, ...] = ()
        self._parts, self._described, self._cells, self._last = parts, described, cells, last
        self._making = threading.Lock()
        self._made: duckdb.DuckDBPyConnection | None = None

    @property
    def runs(self) -> tuple[Runs, ...]:
        """Its positions, in parts of other accounts each."""
        return self._parts

    @property
    def size(self) -> int:
        """How many positions the ledger has."""
        return sum(len(part.account) for part in self._parts)

    @property
    def _con(self) -> duckdb.DuckDBPyConnection:
        """The database, made at its first use."""
        if self._made is None:
            with self._making:
                if self._made is None:
                    self._made = self._database()
        return self._made

    def _database(self, *, memory: str = "2GB", threads: int = 2) -> duckdb.DuckDBPyConnection:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory, "threads": threads, "async_threads": 0, "temp_directory": "",
        }  # fmt: skip
        made = duckdb.connect(":memory:", config=config)
        for setting in (*LOCK, SHARE):
            made.execute(setting)
        held = {name: getattr(self._described, name) for name in ("accounts", "profiles", "segments")}
        for name, rows in (held | {"positions": pa.concat_tables([positions(part) for part in self._parts])}).items():
            made.register("taken", rows)
            made.execute(f"create table {name} as select * from taken")
            made.unregister("taken")
        return made

    def segments(self, key: str) -> tuple[str, ...]:
        """The segments of a dimension by code, blank as an empty text."""
        return self._described.segment_texts(key)

    def profiles(self) -> Table:
        """The profiles: per dimension the segment's code, and the cell."""
        return {name: column(self._described.profiles, name) for name in self._described.profiles.column_names}

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

    def close(self) -> None:
        """Let go of the database, if there is one."""
        if self._made is not None:
            self._made.close()
