"""Facts: everything a pack says, asked of the library once, when a page first needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from nrr_core import explore, ledger
from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import SelectionError
from nrr_core.explain.base import unfit
from nrr_core.explain.fragility import fragility
from nrr_core.formats import currency_sign
from nrr_core.periods import month_text
from nrr_core.report.pack import words
from nrr_core.report.pack.brand import Brand
from nrr_core.report.pack.page import Figure
from nrr_core.schema import ACCOUNT_NAMES
from nrr_core.selection import Filter, frozen_where, windows
from nrr_core.stamp import Stamp, stamp

__all__ = ["Facts", "asked", "rows_of"]

_TREND = 12  # closes that a trend shows
_EARLIER = 3  # months since the last QBR
_MOST_SEGMENTS = 12  # of a dimension that is taken without being asked for
_MOVERS = 50  # accounts of a workbook; slides show fewer


def asked(*frames: pd.DataFrame | None) -> str:
    """The questions that frames answer, as their stamps name them."""
    found = [str(f.attrs["stamp"]["question"]) for f in frames if f is not None and "stamp" in f.attrs]
    return "; ".join(dict.fromkeys(found))


def rows_of(frame: pd.DataFrame) -> list[Any]:
    """A frame's rows, each with its columns as attributes."""
    return list(frame.itertuples())


@dataclass(frozen=True, eq=False)
class Facts:
    """What a pack is about, and the library's answers; what was not given is None.

    ``projection``, ``runway`` and ``simulation`` are those of the scenario model; ``targets`` maps metrics to ratios.
    """

    data: Dataset
    pack: str = "qbr"
    window: int | str = 12
    close_asked: str | None = None
    where: Filter = None
    by: str | None = None
    card: Definition = STANDARD
    projection: Any = None
    runway: pd.DataFrame | None = None
    simulation: Any = None
    targets: Mapping[str, float] = field(default_factory=dict)
    brand: Brand = field(default_factory=Brand)
    factor: int = 1

    @cached_property
    def close(self) -> str:
        """The month the pack is about: as asked, or the newest close whose month is over."""
        if self.close_asked is not None:
            return self.close_asked
        found = [w.close for w in windows(self.window, first=self.data.first, last=self.data.last)]
        if not found:
            windows(self.window, first=self.data.first, last=self.data.last, close=month_text(self.data.last))  # says why
        return month_text(next((c for c in reversed(found) if not self.data.is_partial(c)), found[-1]))

    @property
    def prefix(self) -> str:
        """What stands before amounts."""
        return currency_sign(self.data.currency)

    @property
    def unit(self) -> str:
        """MRR, or ARR where amounts are times twelve."""
        return "MRR" if self.factor == 1 else "ARR"

    def money(self, label: str, amount: Any, *, signed: bool = False) -> Figure:
        """An amount in the pack's unit."""
        return words.money(label, amount, prefix=self.prefix, factor=self.factor, signed=signed)

    @property
    def at_both_ends(self) -> bool:
        """Whether NRR is what opening accounts pay at the close ÷ what they paid at the opening, as the bridge and fragility have it."""
        return not unfit(self.card)

    @property
    def amounts(self) -> tuple[str, ...]:
        """The amounts between opening and closing that the card counts, as columns of ``retention``."""
        counted = ("reactivation_mrr",) if "reactivation_mrr" in self.now.columns else ()
        return ("opening_mrr", "expansion_mrr", *counted, "contraction_mrr", "churn_mrr")

    @cached_property
    def series(self) -> pd.DataFrame:
        """Retention of the total at every close, of windows as long as this one: a year to date grows, and is not compared."""
        every = explore.retention(self.data, window=self.window, where=self.where, card=self.card)
        as_long: pd.DataFrame = every[every["window"] == self.now.iloc[0].window]
        return as_long

    @cached_property
    def now(self) -> pd.DataFrame:
        """Retention of the total at the close, one row."""
        return explore.retention(self.data, window=self.window, where=self.where, close=self.close, card=self.card)

    @cached_property
    def before(self) -> pd.DataFrame | None:
        """The window right before, one row, or None where the data does not reach back or nothing was paid."""
        found = self.series[self.series["close"] == self.now.iloc[0].open]
        return found if len(found) and found.iloc[0].opening_mrr else None

    @cached_property
    def trend(self) -> pd.DataFrame:
        """The last closes up to this one."""
        return self.series[self.series["close"] <= self.close].tail(_TREND)

    @cached_property
    def bridge(self) -> pd.DataFrame:
        """Movements of the total at the close, one row."""
        return explore.movements(self.data, window=self.window, where=self.where, close=self.close, card=self.card)

    @cached_property
    def earlier(self) -> tuple[pd.DataFrame, pd.DataFrame] | None:
        """Retention and movements of the total three months earlier, or None where the data does not reach back."""
        closes = self.series["close"].tolist()
        wanted = month_text(_number(self.close) - _EARLIER)
        if wanted not in closes:
            return None
        options: dict[str, Any] = {"window": self.window, "where": self.where, "close": wanted, "card": self.card}
        return explore.retention(self.data, **options), explore.movements(self.data, **options)

    @cached_property
    def dimension(self) -> str | None:
        """The dimension segments are of: as asked, or the first with 2 to 12 segments."""
        if self.by is not None:
            return self.data.axis(self.by).name
        return next((axis.name for axis in self.data.axes if 1 < axis.count <= _MOST_SEGMENTS), None)

    @cached_property
    def segments(self) -> pd.DataFrame | None:
        """Retention by segment at the close, or None where there is no dimension."""
        if self.dimension is None:
            return None
        return explore.retention(self.data, window=self.window, by=self.dimension, where=self.where, close=self.close, card=self.card)

    @cached_property
    def gains(self) -> pd.DataFrame:
        """Accounts of the largest expansions."""
        return self._accounts("expansion")

    @cached_property
    def losses(self) -> pd.DataFrame:
        """Accounts of the largest losses."""
        return self._accounts(("contraction", "churn"))

    @cached_property
    def movers(self) -> pd.DataFrame:
        """Accounts of the largest changes, whatever their state."""
        return self._accounts(None)

    def _accounts(self, state: Any) -> pd.DataFrame:
        options: dict[str, Any] = {"window": self.window, "where": self.where, "close": self.close, "card": self.card}
        return ledger.accounts(self.data, state=state, limit=_MOVERS, **options)

    @cached_property
    def fragility(self) -> pd.DataFrame:
        """How much rests on a few accounts, each by its two ends of the window."""
        card = self.card if self.at_both_ends else self.card.at_both_ends()
        return fragility(self.data, window=self.window, close=self.close, where=self.where, card=card)

    @cached_property
    def stamp(self) -> Stamp:
        """The stamp of the whole pack."""
        targets = ", ".join(f"{name} {value}" for name, value in self.targets.items())
        question = f"{self.pack} pack, window {self.window}, close {self.close}, by {self.dimension or 'nothing'}, in {self.unit}"
        return stamp(
            self.data, card=self.card, where=frozen_where(self.where), question=question + (f", targets {targets}" if targets else "")
        )

    def known(self, row: Mapping[Any, Any]) -> Mapping[Any, Any]:
        """A row about an account, with the account’s last known attributes where the row itself has no name."""
        account = str(row["account_id"])
        if any(name in row for name in ACCOUNT_NAMES) or not self.data.engine.account_numbers([account]):
            return row
        last = ledger.history(self.data, account).iloc[::-1]
        names = [name for name in ACCOUNT_NAMES if name in last.columns]
        return {**row, **{name: next((v for v in last[name] if v), "") for name in names}}

    def path(self, path: str) -> Any:
        """The projection's whole horizon on the path ``baseline`` or ``scenario``, in total."""
        period = self.projection.period
        found = period[(period["path"] == path) & (period["segment"] == "(all)")]
        if found.empty:
            raise SelectionError(f"The projection holds no path “{path}” in total.")
        return found.iloc[0]


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7])
