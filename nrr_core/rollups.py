"""Roll-ups in memory: the state of every cell at every month, running sums made once and then only sliced.

A cell is one combination of the attributes that the roll-ups carry. Arrays are exact integers of shape cells × months,
column 0 being the month before the first, where everything is 0. They are made when they are first asked for; of
window lengths that the import did not prepare, the four used last are kept.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nrr_core.engine import Codes, Engine, Integers, Table

__all__ = ["RollUps", "added", "running"]

_OTHER_WINDOWS = 4
_OTHER_ROWS = 1_000_000  # of tables of steps by cell: about 50 MB
_EXACT = 1 << 53  # up to here a float holds every integer


def running(rows: Table, measure: str, *, place: Integers, size: int, first: int, last: int) -> Integers:
    """Running sums over months of signed steps.

    ``place`` gives the row of the result that each step belongs to (below 0: none). Column 0 is the month before the
    first, in which everything is 0.
    """
    width = last - first + 2
    inside = (rows["m"] <= last) & (place >= 0)
    cells = place[inside] * width + np.maximum(rows["m"][inside] - first + 1, 0)
    steps = added(rows[measure][inside].astype(np.int64), cells, size=size * width)
    return np.cumsum(steps.reshape(size, width), axis=1)


def added(values: Integers, place: Integers, *, size: int) -> Integers:
    """Integers added up by place, exactly: through floats where no sum can reach 2⁵³, else one by one."""
    most = max(int(values.max()), -int(values.min())) if len(values) else 0
    if most * len(values) >= _EXACT and float(np.abs(values).sum(dtype=np.float64)) >= _EXACT / 2:
        sums = np.zeros(size, dtype=np.int64)
        np.add.at(sums, place, values)
        return sums
    return np.bincount(place, weights=values, minlength=size).astype(np.int64)


class RollUps:
    """What a dataset's roll-ups hold, by table and window length; one instance a dataset, shared by threads."""

    def __init__(self, engine: Engine, *, cells: Codes, first: int, last: int, windows: Sequence[int]) -> None:
        self._engine, self._cells, self._prepared = engine, cells, tuple(windows)
        self._span = (first, last)
        self._size = int(cells.max(initial=-1)) + 1
        self._kept: OrderedDict[tuple[str, int | None], Table] = OrderedDict()
        self._states: dict[tuple[str, int | None, str], Integers] = {}
        self._asked: set[int] = set()
        self._others: OrderedDict[tuple[str, tuple[tuple[str, int], ...], int | None], Table] = OrderedDict()
        self._lock = threading.RLock()

    def pays_off(self, window: int) -> bool:
        """Whether a window length is worth its roll-up: prepared, or asked for before. The first time, pairs answer sooner."""
        if window in self._prepared or window in self._asked:
            return True
        self._asked.add(window)
        return False

    def total(self, name: str, window: int | None, measure: str) -> Integers:
        """One measure of all cells together at every month."""
        key = (name, window, f"total {measure}")
        found = self._states.get(key)  # looked up once: another thread may let go of it meanwhile
        if found is None:
            found = self.state(name, window, measure).sum(axis=0)
            with self._lock:
                self._states[key] = found
        return found

    def rows(self, name: str, window: int | None) -> Table:
        """The rows of one roll-up table; its ``segment`` columns hold cells."""
        return self._once((name, window), lambda: self._fetch(name, window))

    def whole(self, name: str) -> Table:
        """A roll-up of cohorts with all cells added up, as segment 0: what is asked for most."""
        return self._once((f"whole {name}", None), lambda: self._added_up(name))

    def _once(self, key: tuple[str, int | None], make: Callable[[], Table]) -> Table:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            self._forget()
        return made

    def state(self, name: str, window: int | None, measure: str) -> Integers:
        """One measure of every cell at every month."""
        key = (name, window, measure)
        found = self._states.get(key)
        if found is None:
            rows = self.rows(name, window)
            place = rows["segment"].astype(np.int64)
            found = running(rows, measure, place=place, size=self._size, first=self._span[0], last=self._span[1])
            with self._lock:
                self._states[key] = found
        return found

    def made(self, name: str, parameters: Mapping[str, int], *, window: int | None = None) -> Table:
        """The rows of a statement that the import does not roll up, by cell; those asked for last are kept."""
        key = (name, tuple(sorted(parameters.items())), window)
        with self._lock:
            if key in self._others:
                self._others.move_to_end(key)
                return self._others[key]
        cells = {"profile": np.arange(len(self._cells), dtype=np.int32), "segment": self._cells}
        found = self._engine.query(name, inputs={"chosen": cells}, parameters=parameters, window=window)
        with self._lock:
            self._others[key] = found
            while len(self._others) > 1 and sum(len(rows["segment"]) for rows in self._others.values()) > _OTHER_ROWS:
                self._others.popitem(last=False)
        return found

    def _added_up(self, name: str) -> Table:
        rows = self.rows(name, None)
        keys = [column for column in ("cohort", "m") if column in rows]
        joint = sum(rows[column].astype(np.int64) << (32 * place) for place, column in enumerate(keys))
        _, first, place = np.unique(joint, return_index=True, return_inverse=True)
        made: dict[str, npt.NDArray[Any]] = {column: rows[column][first] for column in keys}
        made["segment"] = np.zeros(len(first), dtype=np.int64)
        for column in rows:
            if column not in made:
                made[column] = added(rows[column].astype(np.int64), place, size=len(first))
        return made

    def _fetch(self, name: str, window: int | None) -> Table:
        if window is None or window in self._prepared:
            return self._engine.rolled(name, window)
        cells = {"profile": np.arange(len(self._cells), dtype=np.int32), "segment": self._cells}
        parameters = {"floor": 0} if name == "kept" else {"months": window}
        return self._engine.query(name, inputs={"chosen": cells}, parameters=parameters, window=window)

    def _forget(self) -> None:
        """Let go of the window lengths used longest ago, beyond those the import prepared."""
        others = list(dict.fromkeys(w for _, w in self._kept if w is not None and w not in self._prepared))
        for window in others[: max(0, len(others) - _OTHER_WINDOWS)]:
            for key in [k for k in self._kept if k[1] == window]:
                del self._kept[key]
            for state in [k for k in self._states if k[1] == window]:
                del self._states[state]
            self._asked.discard(window)
