"""`python -m benchmarks.why`: why NRR moved, price and seats, drivers and books at 100k accounts, first call and later ones, as JSON.

The first call of each is on a dataset that was just opened, so nothing of it has been read. Seats are made for the file:
each account has a price of its own, which rises by 8 % in month 25.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

import nrr_core as nrr
from benchmarks import generate
from nrr_core import explain
from nrr_core.engines import open_dataset

GOAL_MS = 1_000
RISE_AT, RISE = "2025-01", 1.08
ASKED: dict[str, Callable[[nrr.Dataset], Any]] = {
    "why_moved by size": lambda data: explain.why_moved(data, by="size"),
    "why_moved by owner": lambda data: explain.why_moved(data, by="owner"),
    "why_moved, two segments": lambda data: explain.why_moved(
        data, before={"size": ["SMB"]}, after={"size": ["Enterprise"]}, by="channel"
    ),
    "price_split": explain.price_split,
    "split_accounts, 200": lambda data: explain.split_accounts(data, limit=200),
    "drivers by type and owner": explain.drivers,
    "standing by channel": lambda data: explain.standing(data, by="channel"),
    "books": explain.books,
}  # fmt: skip


def with_seats(file: Path) -> None:
    """Add a column of seats to a generated file."""
    table = csv.read_csv(file)
    number = np.array([int(text[1:]) for text in table["account_id"].to_pylist()])
    price = 10 + number % 50
    rise = np.where(table["month"].to_numpy(zero_copy_only=False).astype(str) >= RISE_AT, RISE, 1.0)
    seats = np.maximum(1, np.rint(table["mrr"].to_numpy(zero_copy_only=False).astype(float) / (price * rise))).astype(np.int64)
    csv.write_csv(table.append_column("seats", pa.array(seats)), file)


def measured(data: nrr.Dataset, rounds: int) -> dict[str, Any]:
    """Milliseconds of the first call on a dataset that was just opened, and the median of those after it."""
    found = {}
    for name, ask in ASKED.items():
        fresh = open_dataset(data.path)
        spent = []
        for _ in range(rounds + 1):
            started = time.perf_counter()
            ask(fresh)
            spent.append((time.perf_counter() - started) * 1000)
        found[name] = {"first_ms": spent[0], "later_ms": statistics.median(spent[1:]), "met": spent[0] <= GOAL_MS}
    return found


def main() -> int:
    """Print the figures as JSON."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--accounts", type=int, default=100_000)
    asked.add_argument("--months", type=int, default=36)
    asked.add_argument("--rounds", type=int, default=5)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "revenue.csv"
        generate.write(file, given.accounts, given.months)
        with_seats(file)
        started = time.perf_counter()
        data = nrr.read(file)
        read = time.perf_counter() - started
        shape = {"accounts": data.accounts, "profiles": len(data.cells), "read_s": read, "goal_ms": GOAL_MS}
        print(json.dumps(shape | {"questions": measured(data, given.rounds)}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
