"""What tables of windows have in common: their dimensions, their columns of every window and segment, and their stamp."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.errors import SelectionError
from nrr_core.frames import months_column
from nrr_core.measures.grids import Grid
from nrr_core.periods import Window
from nrr_core.schema import ALL
from nrr_core.selection import Where
from nrr_core.stamp import stamp

__all__ = ["By", "dimensions_of", "frame_columns", "stamped", "with_column"]

By = str | Sequence[str] | None
_MOST_DIMENSIONS = 2


def dimensions_of(data: Dataset, by: By) -> tuple[str, ...]:
    """The dimensions asked for, which the dataset has; two at most."""
    dimensions = () if by is None else ((by,) if isinstance(by, str) else tuple(by))
    if len(dimensions) > _MOST_DIMENSIONS:
        raise SelectionError(f"A table has at most {_MOST_DIMENSIONS} dimensions, not {len(dimensions)}.")
    for name in dimensions:
        data.axis(name)
    return dimensions


def frame_columns(
    data: Dataset, asked: Sequence[Window], labels: tuple[tuple[str, ...], ...], dimensions: tuple[str, ...], grid: Grid
) -> dict[str, Any]:
    """Columns of every window × segment with the total first."""
    named = [(ALL, ALL), *labels] if dimensions else [(ALL,)]
    size = len(named)
    columns: dict[str, Any] = {name: values[:size].T.ravel() for name, values in grid.items()}
    opened, shut = np.array([w.open for w in asked]), np.array([w.close for w in asked])
    columns["window"] = np.repeat(shut - opened, size)
    columns["open"] = months_column(np.repeat(opened, size))
    columns["close"] = months_column(np.repeat(shut, size))
    columns["partial"] = np.repeat(np.array([data.is_partial(w.close) for w in asked], dtype=bool), size)
    for i, name in enumerate(("segment", "segment_2")[: max(1, len(dimensions))]):
        columns[name] = [label[i] for label in named] * len(asked)
    return columns


def with_column(order: Sequence[str], columns: Mapping[str, Any], name: str, *, after: str) -> list[str]:
    """The order of a table's columns with one more, where the table has it."""
    place = order.index(after) + 1
    return [*order[:place], *([name] if name in columns else []), *order[place:]]


def stamped(
    data: Dataset, card: Definition, question: str, *, by: tuple[str, ...], kept: Where, close: str | None, fiscal_start: int
) -> dict[str, Any]:
    """The stamp of a question about windows."""
    said = f"{question}, window {card.window_months}, by {', '.join(by) or 'nothing'}"
    text = f"{said}, close {close or 'every'}, fiscal year from month {fiscal_start}"
    recipe = {"function": question, "window": card.window_months, "by": list(by), "close": close, "fiscal_start": fiscal_start}
    return stamp(data, card=card, where=kept, question=text, recipe=recipe).as_dict()
