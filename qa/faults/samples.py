"""Small revenue files from a seed, each with its draft and the numbers a fresh read of it gives."""

import hashlib
import random
from dataclasses import dataclass
from pathlib import Path

import nrr_core as nrr
from nrr_core.dataset import Dataset
from nrr_core.engines import open_dataset
from nrr_core.reading import prepare

__all__ = ["FILE", "Sample", "csv", "figures", "make"]

FILE = "revenue.csv"
_ACCOUNTS, _MONTHS = 40, 6


@dataclass(frozen=True)
class Sample:
    """One file: the hash of its bytes, the hash of its reading, its figures, and the folder of its draft."""

    number: int
    raw: str
    content: str
    figures: str
    folder: Path


def csv(number: int) -> bytes:
    """The file of that number: the same bytes every time."""
    draw = random.Random(number)
    lines = [
        f"A{account:03d},2025-{month:02d},{draw.randint(1_000, 90_000) / 100:.2f},{draw.choice(('basic', 'pro'))}"
        for account in range(_ACCOUNTS)
        for month in range(1, _MONTHS + 1)
        if draw.random() < 0.9
    ]
    return "\n".join(["account_id,month,mrr,plan", *lines, ""]).encode()


def figures(data: Dataset) -> str:
    """Every figure of a dataset's retention and movements, as one hash."""
    tables = (nrr.retention(data, window=3, by="plan"), nrr.movements(data, window=1))
    return hashlib.sha256("\n".join(table.to_csv(index=False) for table in tables).encode()).hexdigest()


def make(folder: Path, count: int) -> list[Sample]:
    """Read so many files into drafts below a folder, which lies outside the disk that is to fail."""
    return [_sample(folder / str(number), number) for number in range(count)]


def _sample(folder: Path, number: int) -> Sample:
    (folder / "draft").mkdir(parents=True)
    (folder / FILE).write_bytes(csv(number))
    prepare(folder / FILE, folder / "draft", tables=True)
    data = open_dataset(folder / "draft")
    return Sample(number, hashlib.sha256(csv(number)).hexdigest(), data.sha256, figures(data), folder / "draft")
