"""Large made-up revenue files for the benchmarks: one row per account and paying month.

`python -m benchmarks.generate FILE ACCOUNTS` writes one. The file is made in chunks of accounts, so memory stays flat
however many there are, and chunk by chunk from the seed, so the same arguments give the same bytes.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

CHUNK = 20_000
FIRST_YEAR = 2023
STARTED_BEFORE = 0.93  # share of accounts that pay from the first month on
CHANGE = 0.06  # share of account-months in which MRR changes
CHANGED_TO = np.array([70, 85, 95, 104, 108, 112, 120, 140])  # percent of the MRR before
LEAVE, RETURN, LONGEST_GAP = 0.002, 0.4, 8
HAND_OVER = 0.007  # share of account-months in which the owner changes
SIZES, OWNERS, REGIONS = 3, 40, 5
VALUES = {
    "plan": ["Starter", "Growth", "Scale", "Enterprise"],
    "region": ["North America", "EMEA", "APAC", "LATAM", "Middle East"],
    "industry": ["Software", "Finance", "Healthcare", "Manufacturing", "Retail", "Logistics", "Education", "Services"],
    "size": ["SMB", "Mid-Market", "Enterprise"],
    "channel": ["Direct", "Partner", "Self-serve", "Marketplace", "Referral"],
    "country": ["US", "DE", "JP", "BR", "AE", "CA", "GB", "AU", "MX", "SA", "FR", "IN"],
    "product": ["Core", "Insight", "Suite"],
    "owner": [f"Owner {number:02d}" for number in range(1, OWNERS + 1)],
}
COUNTRY_REGION = np.array([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 1, 2])

Integers = npt.NDArray[np.int64]


def _skewed(rng: np.random.Generator, accounts: int, values: int) -> Integers:
    """Codes of an attribute, the first values more common than the last."""
    drawn: Integers = (values * rng.random(accounts) ** 1.5).astype(np.int64)
    return drawn


def _attributes(rng: np.random.Generator, accounts: int, *, nested: bool) -> dict[str, Integers]:
    """Codes of the attributes at the start of each account."""
    codes = {name: _skewed(rng, accounts, len(values)) for name, values in VALUES.items()}
    if nested:
        codes["region"] = COUNTRY_REGION[codes["country"]]
        codes["plan"] = codes["size"] + codes["plan"] % 2
        team = codes["region"] * SIZES + codes["size"]
        codes["owner"] = _in_team(team, codes["owner"])
    return codes


def _in_team(team: Integers, drawn: Integers) -> Integers:
    """The owner of a team (one region and size) that a drawn number stands for: every team has two or three."""
    teams = REGIONS * SIZES
    members = (OWNERS - 1 - team) // teams + 1
    return team + teams * (drawn % members)


def _paying(rng: np.random.Generator, accounts: int, months: int) -> npt.NDArray[np.bool_]:
    """Which accounts pay in which months: most from the start, some leave, some of those return."""
    started_before = rng.random(accounts) < STARTED_BEFORE
    start = np.where(started_before, 0, (months * rng.random(accounts)).astype(np.int64))
    leaves = rng.random((accounts, months)) < LEAVE
    left = np.where(leaves.any(axis=1), leaves.argmax(axis=1), months)
    gap = 1 + (LONGEST_GAP * rng.random(accounts)).astype(np.int64)
    back = np.where(rng.random(accounts) < RETURN, left + gap, months)
    month = np.arange(months)
    away = (month >= left[:, None]) & (month < back[:, None]) & (left > start)[:, None]
    paying: npt.NDArray[np.bool_] = (month >= start[:, None]) & ~away
    return paying


def _mrr(rng: np.random.Generator, accounts: int, months: int) -> Integers:
    """MRR in cents for every account and month: a skewed start and steps now and then."""
    mrr = np.empty((accounts, months), dtype=np.int64)
    current = 2_000 + (2_000_000 * rng.random(accounts) ** 4).astype(np.int64)
    for month in range(months):
        step = CHANGED_TO[(len(CHANGED_TO) * rng.random(accounts)).astype(np.int64)]
        current = np.where(rng.random(accounts) < CHANGE, np.maximum(500, current * step // 100), current)
        mrr[:, month] = current
    return mrr


def _owners(rng: np.random.Generator, codes: dict[str, Integers], months: int, *, nested: bool) -> Integers:
    """The owner of every account in every month."""
    accounts = len(codes["owner"])
    owners = np.empty((accounts, months), dtype=np.int64)
    current, team = codes["owner"], codes["region"] * SIZES + codes["size"]
    for month in range(months):
        drawn = (OWNERS * rng.random(accounts)).astype(np.int64)
        taker = _in_team(team, drawn) if nested else drawn
        current = np.where(rng.random(accounts) < HAND_OVER, taker, current)
        owners[:, month] = current
    return owners


def _decimals(cents: Integers) -> pa.Array:
    """Whole cents as an exact decimal column."""
    words = np.stack([cents, cents >> 63], axis=1)
    return pa.Array.from_buffers(pa.decimal128(14, 2), len(cents), [None, pa.py_buffer(words)])


def _coded(codes: Integers, values: list[str]) -> pa.Array:
    """A text column from codes."""
    return pa.array(values).take(pa.array(codes))


def _chunk(first: int, accounts: int, months: int, seed: int, *, nested: bool) -> pa.Table:
    """The rows of `accounts` accounts, the first numbered `first`."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, first])))
    codes = _attributes(rng, accounts, nested=nested)
    paying, mrr = _paying(rng, accounts, months), _mrr(rng, accounts, months)
    owners = _owners(rng, codes, months, nested=nested)
    account, month = np.nonzero(paying)
    labels = [f"{FIRST_YEAR + at // 12}-{at % 12 + 1:02d}" for at in range(months)]
    columns = {
        "account_id": _coded(account, [f"A{first + offset:07d}" for offset in range(accounts)]),
        "month": _coded(month, labels),
        "mrr": _decimals(mrr[paying]),
    }
    for name, values in VALUES.items():
        columns[name] = _coded(owners[paying] if name == "owner" else codes[name][account], values)
    return pa.table(columns)


def _chunks(accounts: int, months: int, seed: int, *, nested: bool) -> Iterator[pa.Table]:
    """All chunks, in the order of the account ids."""
    for first in range(0, accounts, CHUNK):
        yield _chunk(first, min(CHUNK, accounts - first), months, seed, nested=nested)


def write(path: Path | str, accounts: int, months: int = 36, seed: int = 1, *, nested: bool = True) -> int:
    """Write a snapshot file: account_id, month, mrr and eight attributes, of which the owner changes over time.

    Parameters
    ----------
    path
        File to write; an existing one is replaced.
    accounts, months
        How many accounts there ever are, and months from 2023-01 on.
    seed
        The same seed and sizes give the same bytes.
    nested
        Attributes hang together as they do in a company: a country lies in one region, a size buys one of two plans,
        an owner looks after one region and size. When false, every attribute is drawn by itself, so that with many
        accounts nearly every one has a combination of its own: the worst case for anything summed by combination.

    Returns
    -------
    int
        Rows written: about 19 in 20 of all account-months.
    """
    rows = 0
    writer: csv.CSVWriter | None = None
    options = csv.WriteOptions(quoting_style="none", quoting_header="none")
    for table in _chunks(accounts, months, seed, nested=nested):
        writer = writer or csv.CSVWriter(str(path), table.schema, write_options=options)
        writer.write_table(table)
        rows += table.num_rows
    if writer is None:
        raise ValueError(f"accounts is {accounts}: at least 1 is needed")
    writer.close()
    return rows


def main() -> None:
    """Write one file from the command line."""
    parser = argparse.ArgumentParser(description="Write a large made-up revenue file.")
    parser.add_argument("path", type=Path)
    parser.add_argument("accounts", type=int)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--independent", action="store_true", help="draw every attribute by itself")
    chosen = parser.parse_args()
    rows = write(chosen.path, chosen.accounts, chosen.months, chosen.seed, nested=not chosen.independent)
    print(f"{chosen.path}: {rows:,} rows, {chosen.path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
