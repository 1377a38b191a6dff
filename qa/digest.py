"""Content as a hash: the same values give the same text on every machine, whatever the order of a set or the zone of a clock."""

import hashlib
import json

import pandas as pd

import nrr_core as nrr

__all__ = ["of_dataset", "of_frame", "rows"]


def rows(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """The rows of a table as texts: exact amounts in full, ratios with every digit they have."""
    columns = [
        [repr(value) if isinstance(value, float) else str(value) for value in frame.iloc[:, place]] for place in range(frame.shape[1])
    ]
    return list(zip(*columns, strict=True))


def of_frame(frame: pd.DataFrame) -> str:
    """A table with its column names and its stamp."""
    whole = [[str(name) for name in frame.columns], rows(frame), frame.attrs.get("stamp")]
    return hashlib.sha256(json.dumps(whole, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def of_dataset(data: nrr.Dataset) -> str:
    """Accounts × months × MRR × attributes, in the order of ids; names of files and hashes of bytes do not count."""
    return hashlib.sha256("\n".join(_positions(data)).encode()).hexdigest()


def _positions(data: nrr.Dataset) -> list[str]:
    named = sorted(data.dimensions)
    paying = (nrr.accounts(data, window=1, close=month).account_id for month in data.months)
    lines = []
    for account in sorted({account for ids in paying for account in ids}):
        history = nrr.history(data, account)
        kept = history[["month", "mrr", *named]].itertuples(index=False)
        lines += [json.dumps([account, *map(str, row)], ensure_ascii=False) for row in kept]
    return [json.dumps([named, data.months], ensure_ascii=False), *lines]
