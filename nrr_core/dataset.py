"""A dataset: one imported state of the revenue, its span of months, its dimensions and profiles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from nrr_core.errors import SelectionError, nearest
from nrr_core.periods import current_month, month_text
from nrr_core.schema import NONE

__all__ = ["MODEL_FILE", "Axis", "Codes", "Dataset", "Engine", "Table"]

MODEL_FILE = "model.duckdb"
Codes = npt.NDArray[np.int32]
Table = Mapping[str, npt.NDArray[Any]]  # column name → values, all of one length


class Engine(Protocol):
    """Where the model's statements run. One instance serves one dataset and any number of threads."""

    def query(
        self,
        name: str,
        *,
        parameters: Mapping[str, int] | None = None,
        inputs: Mapping[str, Table] | None = None,
        window: int | None = None,
    ) -> Table:
        """The rows of one statement of the model (``nrr_core.model.statements``).

        ``inputs`` are small tables the statement reads besides the model's own; ``window`` is the window length in
        months whose pairs it reads, made on first use where the import did not prepare it.
        """

    def segments(self, key: str) -> tuple[str, ...]:
        """The segments of a dimension by code, blank as an empty text."""

    def account_ids(self, accounts: npt.NDArray[Any]) -> list[str]:
        """Ids of account numbers, in their order."""

    def account_numbers(self, ids: Sequence[str]) -> dict[str, int]:
        """Account numbers of the ids that exist."""

    def accounts_containing(self, text: str) -> npt.NDArray[Any]:
        """Numbers of the accounts whose id contains the text, given in lower case."""

    def table(self, name: str, *, limit: int) -> Table:
        """The first rows of one of the import's lists: ``problems`` or ``quarantine``."""


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

    def mask(self, where: Mapping[str, Sequence[str]], *, cells: bool = False) -> npt.NDArray[np.bool_]:
        """Profiles (or cells) selected by a filter: any of the named segments in every named dimension."""
        size = int(self.cells.max(initial=-1)) + 1 if cells else len(self.cells)
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
