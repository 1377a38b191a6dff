"""Two ledgers side by side: one numbering of accounts and of attributes, and the months that both cover."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.engine import Table
from nrr_core.errors import SelectionError
from nrr_core.selection import Where

__all__ = ["Pair", "known_where", "pair"]

Integers = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Pair:
    """Runs of two ledgers under one numbering, cut to the months that both cover (``first`` to ``last``, none if ``first > last``).

    ``ids`` names the accounts by number; ``appeared`` and ``vanished`` are those that pay in these months in one ledger and never in
    the other.
    ``described`` gives for each label (combination of attributes, from 1) the segment in each of the shared ``dimensions``.
    """

    first: int
    last: int
    ids: Sequence[str]
    appeared: Integers
    vanished: Integers
    dimensions: tuple[str, ...]
    described: Table
    earlier: Table
    later: Table


def known_where(data: Dataset, where: Where) -> Where | None:
    """A filter with the segments that this dataset has; None where it selects nothing here."""
    kept = []
    for name, wanted in where:
        segments = set(data.axis(name).segments)
        here = tuple(one for one in wanted if one in segments)
        if not here:
            return None
        kept.append((name, here))
    return tuple(kept)


def pair(before: Dataset, after: Dataset, *, where: Where = ()) -> Pair:
    """Two datasets made comparable.

    Raises
    ------
    SelectionError
        A dimension that one of them lacks, or a segment that neither has.

    """
    found = [known_where(data, where) for data in (before, after)]
    if found == [None, None]:
        after.mask(dict(where))
        raise SelectionError("No account is in this selection, in neither of the two.")
    runs = [_runs(data, kept) for data, kept in zip((before, after), found, strict=True)]
    numbers, ids = _accounts(before, after, runs)
    dimensions = tuple(name for name in after.dimensions if name in before.dimensions)
    labels, described = _labels((before, after), dimensions)
    first, last = max(before.first, after.first), min(before.last, after.last)
    cut = [_cut(one, account, label, first, last) for one, account, label in zip(runs, numbers, labels, strict=True)]
    appeared = np.setdiff1d(cut[1]["account"], numbers[0])
    vanished = np.setdiff1d(cut[0]["account"], numbers[1])
    return Pair(first, last, ids, appeared, vanished, dimensions, described, cut[0], cut[1])


def _runs(data: Dataset, where: Where | None) -> dict[str, Integers]:
    found = data.engine.query("paid")
    rows = {name: np.asarray(found[name]) for name in ("account", "profile", "f", "t", "mrr")}
    keep = np.zeros(len(rows["f"]), dtype=bool) if where is None else data.mask(dict(where))[rows["profile"]]
    return rows if keep.all() else {name: column[keep] for name, column in rows.items()}


def _accounts(before: Dataset, after: Dataset, runs: Sequence[Mapping[str, Integers]]) -> tuple[list[Integers], list[str]]:
    """Account numbers that both ledgers share, one array for each, and the ids by number."""
    own = [np.unique(one["account"]) for one in runs]
    named = [data.engine.account_ids(numbers) for data, numbers in zip((before, after), own, strict=True)]
    place = pd.Index(named[1], dtype=object).get_indexer(pd.Index(named[0], dtype=object))
    gone = place < 0
    place[gone] = len(named[1]) + np.arange(int(gone.sum()))
    ids = [*named[1], *(text for text, missing in zip(named[0], gone.tolist(), strict=True) if missing)]
    return [place[np.searchsorted(own[0], runs[0]["account"])], np.searchsorted(own[1], runs[1]["account"])], ids


def _labels(sides: tuple[Dataset, Dataset], dimensions: Sequence[str]) -> tuple[list[Integers], Table]:
    """For each profile of both ledgers its label, and the segments of the labels."""
    label = np.zeros(sum(len(data.cells) for data in sides), dtype=np.int64)
    codes = []
    for name in dimensions:
        axes = [data.axis(name) for data in sides]
        joint = pd.Index(sorted({segment for axis in axes for segment in axis.segments}), dtype=object)
        own = [joint.get_indexer(pd.Index(axis.segments, dtype=object)) for axis in axes]
        codes.append(np.concatenate([code[axis.codes] for code, axis in zip(own, axes, strict=True)]))
        label = np.unique(label * len(joint) + codes[-1], return_inverse=True)[1]
    found, at = np.unique(label, return_index=True)
    described = {
        "label": np.tile(found + 1, len(codes)),
        "place": np.repeat(np.arange(len(codes)), len(found)),
        "segment": np.concatenate([code[at] for code in codes]) if codes else np.zeros(0, dtype=np.int64),
    }
    size = len(sides[0].cells)
    return [label[:size] + 1, label[size:] + 1], described


def _cut(runs: Mapping[str, Integers], account: Integers, label: Integers, first: int, last: int) -> Table:
    f, t = np.maximum(runs["f"], first), np.minimum(runs["t"], last + 1)
    keep = f < t
    columns = {"account": account, "label": label[runs["profile"]], "f": f, "t": t, "mrr": runs["mrr"]}
    return {name: column[keep].astype(np.int64) for name, column in columns.items()}
