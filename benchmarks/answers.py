"""What the library answers to every question a visitor of the app may ask, worked out before the clock starts."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pandas as pd

import nrr_core as nrr
from nrr_core.formats import money_text, percent_text
from nrr_core.schema import ALL

__all__ = ["FILTER", "PAGES", "Answers", "Question", "Shown"]

PAGES = {"overview": "", "waterfall": "waterfall", "segments": "segments", "cohorts": "cohorts"}  # page → its address
FILTER = "region"  # the dimension that is filtered; the sample data and the benchmarks' have it
LENGTHS = (1, 3, 6, 12)
UNITS = ("MRR", "ARR")
STEPS = ("opening", "expansion", "contraction", "churn", "reactivation", "new", "closing")
RATES = ("nrr", "grr", "logo_retention")
CLOSES = 12  # the last so many months are asked for


class Shown(Protocol):
    """What a page has drawn, as it is compared."""

    def rows(self, dataset: str, key: tuple[str, ...], value: str) -> dict[Any, Any]:
        """A column of a chart's data, by the columns that name its rows."""

    def cards(self) -> dict[str, str]:
        """Texts of the cards by label."""


@dataclass(frozen=True)
class Question:
    """What a visitor has chosen."""

    length: int
    close: str
    unit: str = "MRR"
    segment: str = ""

    def widgets(self) -> dict[str, str]:
        """The same as the browser sends it, by widget key."""
        months = "month" if self.length == 1 else "months"
        return {"window": f"{self.length} {months}", "asof": self.close, "unit": self.unit, f"f_{FILTER}": self.segment}


class Answers:
    """The figures of every page, by question."""

    def __init__(self, data: nrr.Dataset) -> None:
        self.closes = data.months[-CLOSES:]
        self.segments = ("", *(s for s in data.axis(FILTER).segments if s != "(none)"))
        self.currency = "$" if data.currency == "USD" else ""
        self.by = next(axis.name for axis in data.axes if axis.count > 1)
        self._bridges: dict[Any, dict[str, float]] = {}
        self._rates: dict[Any, dict[str, float]] = {}
        self._bars: dict[Any, dict[str, dict[Any, float]]] = {}
        self._cells: dict[Any, dict[Any, float]] = {}
        for segment in self.segments:
            where = {FILTER: [segment]} if segment else {}
            frame = nrr.cohorts(data, cadence="quarter", where=where)
            self._cells[segment] = _column(frame[frame["cohort"] != ALL], ("cohort", "age"), "nrr")
            for length in LENGTHS:
                self._add(data, length, segment, where)

    def _add(self, data: nrr.Dataset, length: int, segment: str, where: Mapping[str, list[str]]) -> None:
        bridges = nrr.movements(data, window=length, where=where).set_index("close")
        rates = nrr.retention(data, window=length, where=where).set_index("close")
        by = nrr.retention(data, window=length, where=where, by=self.by)
        for close in self.closes:
            at = length, close, segment
            self._bridges[at] = {s: float(bridges.loc[close, f"{s}_mrr"]) for s in STEPS}
            self._rates[at] = {n: float(rates.loc[close, n]) for n in RATES}
            here = by[(by["close"] == close) & (by["segment"] != ALL) & (by["opening_accounts"] > 0)]
            self._bars[at] = {name: _column(here, ("segment",), name) for name in ("opening_mrr", "nrr")}

    def first(self) -> Question:
        """What a page shows when it is opened."""
        return Question(12, self.closes[-1])

    def other(self, asked: Question, draw: random.Random) -> Question:
        """One thing changed."""
        choices: dict[str, tuple[Any, ...]] = {"length": LENGTHS, "close": self.closes, "unit": UNITS, "segment": self.segments}
        name = draw.choice(list(choices))
        value = draw.choice([one for one in choices[name] if one != getattr(asked, name)])
        return replace(asked, **{name: value})

    def fault(self, page: str, asked: Question, shown: Shown) -> str | None:
        """Why what is shown is not the answer, or None."""
        expected, found = getattr(self, f"_{page}")(asked, shown)
        wrong = [name for name in expected if not _same(found.get(name), expected[name])]
        if not wrong:
            return None
        return f"{page}, {asked}: {wrong[0]} is {found.get(wrong[0])}, not {expected[wrong[0]]}"

    def _waterfall(self, asked: Question, shown: Shown) -> tuple[dict[Any, Any], dict[Any, Any]]:
        factor = 12 if asked.unit == "ARR" else 1
        bridge = self._bridges[asked.length, asked.close, asked.segment]
        return {step: amount * factor for step, amount in bridge.items()}, shown.rows("steps", ("step",), "amount")

    def _overview(self, asked: Question, shown: Shown) -> tuple[dict[Any, Any], dict[Any, Any]]:
        factor = 12 if asked.unit == "ARR" else 1
        rates = self._rates[asked.length, asked.close, asked.segment]
        closing = self._bridges[asked.length, asked.close, asked.segment]["closing"] * factor
        expected = {
            "NRR": percent_text(rates["nrr"]), "GRR": percent_text(rates["grr"]),
            "Logo retention": percent_text(rates["logo_retention"]),
            f"Closing {asked.unit}": money_text(closing, currency=self.currency),
        }  # fmt: skip
        return expected, shown.cards()

    def _segments(self, asked: Question, shown: Shown) -> tuple[dict[Any, Any], dict[Any, Any]]:
        factor = 12 if asked.unit == "ARR" else 1
        bars = self._bars[asked.length, asked.close, asked.segment]
        expected = {("opening", s): amount * factor for s, amount in bars["opening_mrr"].items()}
        expected |= {("nrr", s): ratio for s, ratio in bars["nrr"].items()}
        found = {("opening", s): x for s, x in shown.rows("bars", ("segment",), "opening_mrr").items()}
        return expected, found | {("nrr", s): x for s, x in shown.rows("bars", ("segment",), "value").items()}

    def _cohorts(self, asked: Question, shown: Shown) -> tuple[dict[Any, Any], dict[Any, Any]]:
        return self._cells[asked.segment], shown.rows("cells", ("cohort", "age"), "value")


def _column(frame: pd.DataFrame, key: tuple[str, ...], value: str) -> dict[Any, float]:
    names = zip(*(frame[name].tolist() for name in key), strict=True)
    return {name if len(key) > 1 else name[0]: float(x) for name, x in zip(names, frame[value], strict=True)}


def _same(found: object, expected: object) -> bool:
    if not isinstance(expected, float):
        return found == expected
    if math.isnan(expected):
        return found is None or (isinstance(found, float) and math.isnan(found))
    return isinstance(found, int | float) and math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-6)
