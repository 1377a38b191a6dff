"""A dataset: one imported state of the revenue, its span of months, its dimensions and profiles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nrr_core.engine import Codes, Engine
from nrr_core.errors import SelectionError, nearest
from nrr_core.periods import current_month, month_text
from nrr_core.rollups import RollUps
from nrr_core.schema import NONE

__all__ = ["MODEL_FILE", "Axis", "Dataset", "Detail"]

MODEL_FILE = "model.duckdb"


@dataclass(frozen=True, eq=False)
class Axis:
    """A dimension with its segments.

    ``codes`` gives each profile's segment as an index into ``segments``, ``cell_codes`` each cell's. ``rolled``: the
    roll-ups carry the dimension; the others are answered from positions and pairs, and their ``cell_codes`` are empty.
    """

    name: str
    key: str
    origin: str
    count: int
    rolled: bool
    codes: Codes = field(repr=False)
    cell_codes: Codes = field(repr=False)
    engine: Engine = field(repr=False)

    def place(self, *, cells: bool) -> Codes:
        """Segment indices of the cells or of the profiles."""
        return self.cell_codes if cells else self.codes

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """Sorted segments, ``(none)`` for the blank; read when first asked for, since there may be very many."""
        return tuple(value or NONE for value in self.engine.segments(self.key))


@dataclass(frozen=True, slots=True)
class Detail:
    """What the lines of a file say besides account, month, MRR and attributes; kept so that other ledgers can be made of them.

    Attributes
    ----------
    type_column, types
        The column of revenue types (empty: none), and the types that occur, of ``schema.REVENUE_TYPES``.
    item_column
        The column that names subscriptions; empty: none.
    currencies, base
        Where amounts are in several currencies, their ISO codes, and the one that all are converted to.

    """

    type_column: str = ""
    types: Sequence[str] = ()
    item_column: str = ""
    currencies: Sequence[str] = ()
    base: str = ""


@dataclass(frozen=True, eq=False)
class Dataset:
    """What was read, ready to be explored. It never changes; make one with ``nrr_core.read``.

    Attributes
    ----------
    path
        Folder with the model's database.
    sha256
        Hash of the files' bytes and of every choice made in reading them: same hash, same numbers.
    first, last
        First and last month that count, as integers (``nrr_core.periods``).
    axes
        The dimensions, in the order of the file.
    cells
        For each profile, its cell in the roll-ups.
    windows
        Window lengths (months) prepared at import.
    report
        The import's report as plain values.
    engine
        Where its statements run.
    scope
        For whom it was opened: workspace, stored version and row rule; empty outside a store. Part of every cache's key.
    detail
        What its lines say besides; None where they say nothing more.

    """

    path: Path
    name: str
    sha256: str
    first: int
    last: int
    accounts: int
    axes: tuple[Axis, ...]
    cells: Codes = field(repr=False)
    windows: tuple[int, ...]
    report: Mapping[str, Any] = field(repr=False)
    engine: Engine = field(repr=False)
    scope: str = ""
    detail: Detail | None = None

    @cached_property
    def cell_count(self) -> int:
        """Number of cells in the roll-ups."""
        return int(self.cells.max(initial=-1)) + 1

    @cached_property
    def rollups(self) -> RollUps:
        """Its roll-ups in memory, filled as they are asked for."""
        return RollUps(self.engine, cells=self.cells, first=self.first, last=self.last, windows=self.windows)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of the dimensions."""
        return tuple(axis.name for axis in self.axes)

    @property
    def months(self) -> tuple[str, ...]:
        """Every month of the dataset, ``YYYY-MM``."""
        return tuple(month_text(m) for m in range(self.first, self.last + 1))

    @property
    def currency(self) -> str | None:
        """ISO code of the amounts, or None where the file does not say."""
        return self.report.get("currency")

    def is_partial(self, month: int) -> bool:
        """Whether the month has not ended yet."""
        return month >= current_month()

    def axis(self, name: str) -> Axis:
        """The dimension of that name; raises SelectionError with the nearest one otherwise."""
        for axis in self.axes:
            if axis.name == name:
                return axis
        known = ", ".join(f"“{d}”" for d in self.dimensions) or "none"
        raise SelectionError(f"There is no dimension “{name}”. This dataset has: {known}.{nearest(name, self.dimensions)}")

    def rolls(self, names: Sequence[str]) -> bool:
        """Whether the roll-ups carry all of these dimensions."""
        return all(self.axis(name).rolled for name in names)

    def mask(self, where: Mapping[str, Sequence[str]], *, cells: bool = False) -> npt.NDArray[np.bool_]:
        """Profiles (or cells) selected by a filter: any of the named segments in every named dimension."""
        size = self.cell_count if cells else len(self.cells)
        chosen = np.ones(size, dtype=bool)
        for name, wanted in where.items():
            axis = self.axis(name)
            index = {segment: i for i, segment in enumerate(axis.segments)}
            unknown = [w for w in wanted if w not in index]
            if unknown:
                hint = nearest(unknown[0], axis.segments)
                raise SelectionError(f"“{name}” has no segment “{unknown[0]}”.{hint}")
            chosen &= np.isin(axis.place(cells=cells), [index[w] for w in wanted])
        return chosen
