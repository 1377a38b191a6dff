"""What a question is about: the profiles that a filter keeps, each with its segment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nrr_core.dataset import Axis, Dataset
from nrr_core.engine import Integers, Table

__all__ = ["Chosen", "Mask", "by_mask", "by_profile", "choose", "segment_of_cells", "segment_of_profiles"]

Mask = npt.NDArray[np.bool_]  # profiles that a filter keeps


@dataclass(frozen=True, eq=False)
class Chosen:
    """Profiles (or cells of the roll-ups) that a question is about, with the segment each belongs to, by segment."""

    labels: tuple[tuple[str, ...], ...]  # one tuple of names per segment, as many names as dimensions asked for
    table: Table
    rolled: bool
    everything: bool = False  # no filter, no segments


def choose(data: Dataset, *, by: Sequence[str] = (), where: Mapping[str, Sequence[str]] | None = None) -> Chosen:
    """The profiles a filter selects, numbered by segment.

    Without ``by`` there is one segment, the total. Segments that no selected profile has are left out. Where every
    dimension involved is carried by the roll-ups, cells stand for profiles and the roll-ups answer.
    """
    where = {name: tuple(wanted) for name, wanted in (where or {}).items() if wanted}
    axes = [data.axis(name) for name in by]
    rolled = data.rolls((*by, *where))
    mask = data.mask(where, cells=rolled)
    keys = np.zeros(len(mask), dtype=np.int64)
    for axis in axes:
        keys = keys * axis.count + axis.place(cells=rolled)
    present, segment = np.unique(keys[mask], return_inverse=True)
    order = np.argsort(segment, kind="stable")
    table = {"profile": np.flatnonzero(mask)[order].astype(np.int32), "segment": segment[order].astype(np.int32)}
    return Chosen(labels=_labels(present, axes), table=table, rolled=rolled, everything=not (by or where))


def _labels(keys: Integers, axes: Sequence[Axis]) -> tuple[tuple[str, ...], ...]:
    columns: list[list[str]] = []
    for axis in reversed(axes):
        keys, codes = np.divmod(keys, axis.count)
        columns.append([axis.segments[c] for c in codes])
    return tuple(zip(*reversed(columns), strict=True)) if axes else ((),)


def by_mask(mask: Mask) -> Chosen:
    """The profiles of a mask as one segment, the total."""
    profiles = np.flatnonzero(mask).astype(np.int32)
    table = {"profile": profiles, "segment": np.zeros(len(profiles), dtype=np.int32)}
    return Chosen(labels=((),), table=table, rolled=False)


def by_profile(data: Dataset, chosen: Chosen) -> Table:
    """The chosen cells spelled out as profiles, for statements that read positions."""
    if not chosen.rolled:
        return chosen.table
    segment = segment_of_profiles(data, chosen)
    selected = np.flatnonzero(segment >= 0)
    return {"profile": selected.astype(np.int32), "segment": segment[selected].astype(np.int32)}


def segment_of_profiles(data: Dataset, chosen: Chosen) -> Integers:
    """The segment of every profile, −1 of those that are not chosen."""
    return segment_of_cells(data, chosen)[data.cells] if chosen.rolled else _spread(chosen, len(data.cells))


def segment_of_cells(data: Dataset, chosen: Chosen) -> Integers:
    """The segment of every cell, −1 of those that are not chosen; only where the roll-ups answer."""
    return _spread(chosen, data.cell_count)


def _spread(chosen: Chosen, size: int) -> Integers:
    segment_of = np.full(size, -1, dtype=np.int64)
    segment_of[chosen.table["profile"]] = chosen.table["segment"]
    return segment_of
