"""Cache: after one cell of the file has changed, the app shows the new number, however large the file is."""

import os
import random
import shutil
import tempfile
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

import nrr_core as nrr
from nrr_core import charts, explain
from nrr_core.selection import Selection
from pages.ui import cache
from pages.ui.view import View
from qa.bar import Result

__all__ = ["NAME", "run"]

NAME = "cache"
MONTHS = 10
FULL = {10_000: 120, 50_000: 50, 200_000: 20, 1_000_000: 10}  # rows of the file → edits of one cell each
QUICK = {10_000: 6, 60_000: 4}
SAMPLED = 50_000  # rows from which Streamlit hashes a sample of a frame
_HEADER = "account_id,month,mrr_usd,plan\n"
_CELL = 7  # characters of an amount, always as many


@dataclass
class Ledger:
    """A revenue file of lines that are all equally long, so that one cell can be overwritten in place."""

    path: Path
    rows: int

    def write(self) -> None:
        """All rows: accounts × months."""
        accounts = self.rows // MONTHS
        with self.path.open("w", encoding="ascii") as out:
            out.write(_HEADER)
            out.writelines(
                f"A{account:06d},2025-{month:02d},{1000 + (account * 7 + month) % 900:04d}.00,{'PQ'[account % 2]}\n"
                for account in range(accounts)
                for month in range(1, MONTHS + 1)
            )

    def edit(self, row: int, amount: int) -> int:
        """Overwrite the amount of a row; the amount before. Size and time of the file stay as they were."""
        width = len(f"A000000,2025-01,{'0' * _CELL},P\n")
        place = len(_HEADER) + row * width + len("A000000,2025-01,")
        before = self.path.stat()
        with self.path.open("r+b") as file:
            file.seek(place)
            old = int(file.read(4))
            file.seek(place)
            file.write(f"{amount:04d}".encode())
        os.utime(self.path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return old


def shown(data: nrr.Dataset, month: str) -> dict[str, Decimal]:
    """The total of a month wherever the app keeps one: a frame, the drawn chart, the table on screen, the list of accounts."""
    view = View(data, Selection(window=1, close=month), "MRR")
    bridge = cache.movements(data, view.selection)
    made = cache.drawn(bridge, view, lambda: charts.waterfall(explain.bridge_steps(bridge), currency="$"))
    table = cache.shown(bridge, view, lambda: bridge.assign(closing_mrr=bridge.closing_mrr.astype(float)))
    people = cache.accounts(data, view.selection, limit=len(data.months) * 1_000_000)
    steps = next(frame for frame in made.whole().datasets.values() if {"step", "amount"} <= set(frame.columns))
    return {
        "movements": Decimal(bridge.closing_mrr.iloc[0]),
        "every month": Decimal(cache.every_month(data, Selection()).set_index("close").closing_mrr[month]),
        "chart": Decimal(str(steps.set_index("step").amount["closing"])),
        "table": Decimal(str(table["closing_mrr"][0].as_py())),
        "accounts": Decimal(people.closing_mrr.sum()),
    }


def edited(ledger: Ledger, edits: int, seed: int) -> tuple[int, list[str]]:
    """Numbers looked at after ``edits`` edits, and those that are stale."""
    draw = random.Random(seed)
    total: dict[str, Decimal] = {}
    data = nrr.read(ledger.path)
    looked, stale = 0, []
    for number in range(edits):
        row = draw.randrange(ledger.rows)
        month = f"2025-{row % MONTHS + 1:02d}"
        before = shown(data, month)
        if before != shown(replace(data, engine=None), month):
            stale.append("what was just shown is not kept: nothing is proved")
        amount = draw.randrange(1000, 9999)
        old = ledger.edit(row, amount)
        total = {name: value + amount - old for name, value in before.items()}
        data = nrr.read(ledger.path)
        found = shown(data, month)
        looked += len(found)
        stale += [f"{ledger.rows:,} rows, edit {number}: {n} is {found[n]}, not {total[n]}" for n in found if found[n] != total[n]]
    return looked, stale


@st.cache_data(max_entries=100, show_spinner=False)
def _total(frame: pd.DataFrame) -> int:
    return int(frame["mrr"].sum())


def control(rows: int, edits: int, seed: int) -> int:
    """Stale totals of a cache whose key is the frame itself."""
    draw = random.Random(seed)
    frame = pd.DataFrame({"account": np.arange(rows), "mrr": np.full(rows, 1000, dtype=np.int64)})
    stale = 0
    for _ in range(edits):
        _total(frame)
        row = draw.randrange(rows)
        frame.loc[row, "mrr"] += 1
        stale += _total(frame) != int(frame["mrr"].sum())
    return stale


def run(full: bool) -> Result:  # noqa: FBT001 - every bar is called this way
    """Edits of single cells at growing sizes, then the same with a cache that hashes the frame."""
    sizes = FULL if full else QUICK
    folder = Path(tempfile.mkdtemp(prefix="qa-cache-"))
    looked = 0
    stale: list[str] = []
    try:
        for rows, edits in sizes.items():
            ledger = Ledger(folder / f"{rows}.csv", rows)
            ledger.write()
            numbers, wrong = edited(ledger, edits, seed=rows)
            looked, stale = looked + numbers, stale + wrong
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tries = dict.fromkeys((SAMPLED, 1_000_000) if full else (SAMPLED,), 50 if full else 20)
    caught = {rows: control(rows, edits, seed=1) for rows, edits in tries.items()}
    return Result(
        name=NAME,
        demanded=f"{sum(sizes.values())} single-cell edits at {min(sizes):,}–{max(sizes):,} rows, 0 stale",
        found=f"{len(stale)} stale of {looked:,} numbers looked at",
        control="hash the frame: " + ", ".join(f"{caught[rows]} of {tries[rows]} stale at {rows:,} rows" for rows in tries),
        passed=not stale and looked > 0,
        control_failed=all(caught.values()),
        faults=tuple(stale),
    )
