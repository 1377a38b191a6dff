"""Examples: one small ledger for each knob of the definition card, to be added up in the head, computed by the library itself."""

import csv
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from nrr_core.definition import Definition
from nrr_core.explain import working
from nrr_core.explore import retention
from nrr_core.periods import month_number, month_text
from nrr_core.reading import read

__all__ = ["EXAMPLES", "Example", "worked"]

_FIRST: Final = month_number(2025, 1)


@dataclass(frozen=True)
class Example:
    """A ledger of a few accounts, and the cards that read it differently.

    ``lines``: account, attribute and monthly amounts from 2025-01 on; ``attribute`` names the attribute's column, empty
    for none. ``rates``: units of the first currency for one of another, by month. ``where`` narrows the answer.
    """

    text: str
    lines: tuple[tuple[str, str, tuple[int, ...]], ...]
    cards: tuple[tuple[str, Definition], ...]
    attribute: str = ""
    rates: Mapping[str, tuple[float, ...]] | None = None
    where: tuple[str, str] | None = None

    @property
    def months(self) -> int:
        """How many months the ledger has."""
        return max(len(amounts) for _, _, amounts in self.lines)

    def table(self) -> pd.DataFrame:
        """The ledger as a person would write it: one row per line, one column per month."""
        named = ["account", *([self.attribute] if self.attribute else [])]
        rows = [[account, *([value] if self.attribute else []), *amounts] for account, value, amounts in self.lines]
        return pd.DataFrame(rows, columns=[*named, *(month_text(_FIRST + i) for i in range(self.months))])


def _lines(**accounts: Sequence[int]) -> tuple[tuple[str, str, tuple[int, ...]], ...]:
    return tuple((name, "", tuple(amounts)) for name, amounts in accounts.items())


def _over(months: int, **knobs: Any) -> Definition:
    return Definition(window_months=months, **knobs)


EXAMPLES: Final[Mapping[str, Example]] = {
    "family": Example(
        "A grows and shrinks back inside two months; C comes and goes. The two ends see neither, the months see both.",
        _lines(A=(100, 100, 150, 100), B=(100, 100, 100, 100), C=(0, 0, 100, 0)),
        (
            ("Point to point", _over(2)),
            ("Movements", _over(2, family="movements")),
            ("Chained", _over(2, family="chained")),
            ("Averaged, two closes", _over(2, family="averaged", average_months=2)),
            ("Revenue window", _over(2, family="revenue_window")),
        ),
    ),
    "window_months": Example(
        "A grows by 10 every month. A longer window sees more of it: values of different windows can't be compared.",
        _lines(A=(100, 110, 120, 130)),
        (("1 month", _over(1)), ("3 months", _over(3))),
    ),
    "population": Example(
        "B was won after the opening and grew by 30. It is not part of the cohort, and “all” counts its growth all the same.",
        _lines(A=(100, 100, 100), B=(0, 50, 80)),
        (("Opening accounts", _over(2, family="movements")), ("All accounts", _over(2, family="movements", population="all"))),
    ),
    "returns": Example(
        "B left inside the window and came back. C left before the opening and came back inside it.",
        _lines(A=(50, 50, 50, 50), B=(50, 50, 0, 50), C=(60, 0, 0, 60)),
        tuple((name, _over(2, family="movements", returns=value)) for name, value in (
            ("Separate", "separate"), ("Of opening accounts", "opening"), ("Of all accounts", "all"),
        )),
    ),
    "gap_months": Example(
        "B renewed a month late. Without a bridge that is churn and a return; bridged, nothing happened.",
        _lines(A=(100, 100, 100, 100), B=(100, 0, 100, 100)),
        (("No bridge", _over(3, family="movements")), ("Gaps of 1 month bridged", _over(3, family="movements", gap_months=1))),
    ),
    "grain": Example(
        "A and B belong to one parent, and B took over what A paid. The account A left; the parent lost nothing.",
        (("A", "Parent P", (100, 0)), ("B", "Parent P", (100, 200))),
        (("Account", _over(1)), ("Parent", _over(1, grain="parent"))),
        attribute="parent_id",
    ),
    "fx": Example(
        "E pays 100 EUR in both months while the euro rises from 1.00 to 1.20 dollars. The customer changed nothing.",
        (("E", "EUR", (100, 100)), ("U", "USD", (100, 100))),
        (("Constant", _over(1)), ("Reported", _over(1, fx="reported"))),
        attribute="currency",
        rates={"USD": (1.0, 1.0), "EUR": (1.0, 1.2)},
    ),
    "revenue_types": Example(
        "A's subscription is unchanged; its usage is not. Usage counts only where the card says so.",
        (("A", "recurring", (100, 100)), ("A", "usage", (50, 80)), ("A", "one_off", (10, 0))),
        (
            ("Recurring", _over(1)),
            ("Recurring + usage", _over(1, revenue_types=("recurring", "usage"))),
            ("All three", _over(1, revenue_types=("recurring", "usage", "one_off"))),
        ),
        attribute="revenue_type",
    ),
    "segment_as_of": Example(
        "A grew out of “Small” into “Large”; B was large and shrank. This is the NRR of Large.",
        (("A", "Small", (100, 0)), ("A", "Large", (0, 300)), ("B", "Large", (100, 50))),
        (("At the opening", _over(1)), ("At the close", _over(1, segment_as_of="close")), ("Latest", _over(1, segment_as_of="latest"))),
        attribute="size",
        where=("size", "Large"),
    ),
    "min_opening_mrr": Example(
        "B paid 10 and left. From an opening of 50 on, it is not looked at.",
        _lines(A=(1000, 1000), B=(10, 0)),
        (("From 0", _over(1)), ("From 50", _over(1, min_opening_mrr=500_000))),
    ),
    "average": Example(
        "A doubled and fell back. The last close sees the fall, a mean sees both, a weighted mean gives the larger opening more say.",
        _lines(A=(100, 200, 100)),
        (
            ("One close", _over(1)),
            ("Mean of 2", _over(1, family="averaged", average="mean", average_months=2)),
            ("Weighted mean of 2", _over(1, family="averaged", average="weighted", average_months=2)),
        ),
    ),
    "average_months": Example(
        "The further back a mean reaches, the later it notices.",
        _lines(A=(100, 200, 200, 100)),
        tuple((f"{n} close{'s' * (n > 1)}", _over(1, family="averaged", average_months=n)) for n in (1, 2, 3)),
    ),
    "measure": Example(
        "ARR is 12 × MRR at both ends, so the ratio is the same.",
        _lines(A=(100, 80)),
        (("MRR", _over(1)), ("ARR", _over(1, measure="ARR"))),
    ),
}  # fmt: skip


def worked(knob: str) -> pd.DataFrame:
    """The example of a knob, computed: one row per card with value (its name), nrr, grr and working (how NRR comes about)."""
    example = EXAMPLES[knob]
    with tempfile.TemporaryDirectory(prefix="nrr-example-") as folder:
        file, rates = Path(folder) / "ledger.csv", Path(folder) / "rates.csv"
        file.write_text(_ledger(example), encoding="utf-8")
        if example.rates is not None:
            rates.write_text(_rates(example.rates), encoding="utf-8")
        data = read(file, rates=rates) if example.rates is not None else read(file)
        where = {example.where[0]: [example.where[1]]} if example.where else None
        rows = []
        for name, card in example.cards:
            row = retention(data, card=card, where=where, close=data.months[-1]).iloc[0]
            rows.append((name, float(row["nrr"]), float(row["grr"]), working(data, card=card, where=where)))
    return pd.DataFrame(rows, columns=["value", "nrr", "grr", "working"])


def _ledger(example: Example) -> str:
    """The lines as a file of month-end snapshots."""
    sink = io.StringIO()
    out = csv.writer(sink, lineterminator="\n")
    out.writerow(["account_id", "month", "mrr", *([example.attribute] if example.attribute else [])])
    for account, value, amounts in example.lines:
        for i, amount in enumerate(amounts):
            if amount:
                out.writerow([account, month_text(_FIRST + i), amount, *([value] if example.attribute else [])])
    return sink.getvalue()


def _rates(rates: Mapping[str, Sequence[float]]) -> str:
    rows = [f"{currency},{month_text(_FIRST + i)},{rate}" for currency, series in rates.items() for i, rate in enumerate(series)]
    return "\n".join(["currency,month,rate", *rows]) + "\n"
