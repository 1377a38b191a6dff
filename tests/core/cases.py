"""Ledgers and cards that several test modules share."""

import oracle
from hypothesis import strategies as st
from ledgers import make

from nrr_core import Definition

START = oracle.month("2023-01")
MONTHS = 14
UNIT = 10_000
FAMILIES = ("point_to_point", "movements", "chained", "averaged", "revenue_window")

line = st.tuples(
    st.sampled_from(["a", "b", "c", "d", "e", "f"]),
    st.integers(0, MONTHS - 1),
    st.one_of(st.none(), st.integers(0, MONTHS + 2)),
    st.sampled_from([10_000, 5_000, 2_500, -2_500, 33_333, 1]),
    st.tuples(st.sampled_from(["x", "y", "z"])),
)
ledgers = st.lists(line, min_size=1, max_size=25)
any_card = st.builds(
    Definition,
    family=st.sampled_from(FAMILIES),
    window_months=st.sampled_from([1, 2, 3, 5]),
    population=st.sampled_from(["opening", "all"]),
    returns=st.sampled_from(["separate", "opening", "all"]),
    segment_as_of=st.sampled_from(["open", "close"]),
    min_opening_mrr=st.sampled_from([0, 0, 2_500, 5_001]),
    average=st.sampled_from(["none", "none", "mean", "weighted"]),
    average_months=st.integers(1, 4),
)


def spans(raw):
    return [(a, START + f, None if n is None else START + f + n, amount, d) for a, f, n, amount, d in raw]


def ledger(rows, *, last=None, dimension=None):
    """Accounts as lists of monthly amounts from 2023-01 on; with a dimension, as (amount, segment)."""
    lines = []
    for account, months in rows.items():
        for i, paid in enumerate(months):
            amount, segment = paid if dimension else (paid, None)
            if amount:
                lines.append((account, START + i, START + i + 1, amount * UNIT, (segment,) if dimension else ()))
    return make(lines, one_month=True, dimensions=(dimension,) if dimension else (), last=last or START + max(map(len, rows.values())) - 1)


NINE = {
    "A": [100] * 25,
    "B": [100] * 15 + [160] * 10,
    "C": [80] * 18 + [0] * 7,
    "D": [90] * 20 + [0, 0] + [90] * 3,
    "E": [50] * 14 + [90] * 6 + [50] * 5,
    "F": [70] * 9 + [0] * 7 + [70] * 9,
    "G": [0] * 15 + [40] * 4 + [100] * 6,
    "H": [0] * 14 + [60] * 6 + [0] * 5,
    "I": [120] * 17 + [90] * 8,
}
