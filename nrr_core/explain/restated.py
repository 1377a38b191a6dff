"""Restated: what a later version of a ledger says otherwise about months that an earlier one already told."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.engine import Table
from nrr_core.explain.ledger_pairs import Pair, known_where, pair
from nrr_core.explore import retention
from nrr_core.frames import months_column, to_frame
from nrr_core.ledgers import under
from nrr_core.periods import month_text, parse_month
from nrr_core.schema import ALL
from nrr_core.selection import Filter, Where, frozen_where
from nrr_core.stamp import stamp

__all__ = ["Restated", "restated"]

_RATIOS: Final = ("nrr", "grr", "logo_retention")
_STEPS: Final = ("account_months", "added", "removed", "raised_mrr", "lowered_mrr")
_NAMED: Final = 1_000  # accounts that are listed by name


@dataclass(frozen=True, eq=False)
class Restated:
    """What changed from one version of a dataset to another. Only months that both cover are compared.

    Attributes
    ----------
    shared
        First and last month that both cover (``YYYY-MM``), or None.
    only_before, only_after
        Months that one of them alone covers.
    card
        The definition of the ratios, and of what counts as MRR; amounts are at the exchange rates of their month.
    currencies
        ISO codes of the amounts of both, None where a file does not say; different ones are compared as written.
    closed_through
        The last month that was closed, or None.
    account_months
        account_id, month, before_mrr, after_mrr, change_mrr, kind (added, removed, changed), closed: the account-months whose MRR
        differs, closed ones first, the largest change first, cut to ``limit``. ``total`` counts all.
    months
        By month: account_months, added, removed, changed, raised_mrr, lowered_mrr, change_mrr, closed; months with changes only.
    appeared, vanished
        Accounts that pay in a shared month in one of them and never in the other, at most 1,000 ids; ``appeared_total`` and
        ``vanished_total`` count all.
    reclassified
        By dimension that both have: accounts and account_months whose segment differs while the account pays in both.
    dimensions_added, dimensions_removed
        Dimensions of one of them alone.
    effects
        By close of the earlier version: before and after of opening MRR, NRR, GRR and logo retention, the change of each ratio
        (0.01 = one point; NaN where one of them has no value), closed. A close the later version lacks has no after.

    """

    before: str
    after: str
    same_data: bool
    card: Definition
    shared: tuple[str, str] | None
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    currencies: tuple[str | None, str | None]
    closed_through: str | None
    total: int
    account_months: pd.DataFrame
    months: pd.DataFrame
    appeared: tuple[str, ...]
    appeared_total: int
    vanished: tuple[str, ...]
    vanished_total: int
    reclassified: pd.DataFrame
    dimensions_added: tuple[str, ...]
    dimensions_removed: tuple[str, ...]
    effects: pd.DataFrame

    @property
    def closed_total(self) -> int:
        """Account-months of closed months whose MRR differs."""
        return int(self.months["account_months"][self.months["closed"]].sum())

    @property
    def closed_gone(self) -> tuple[str, ...]:
        """Closed months that the later version no longer has, or that only it has."""
        through = self.closed_through
        return tuple(m for m in (*self.only_before, *self.only_after) if through is not None and m <= through)

    @property
    def touches_closed(self) -> bool:
        """Whether anything that was closed changes."""
        return self.closed_total > 0 or bool(self.closed_gone)

    @property
    def nothing(self) -> bool:
        """Whether no figure changes at all."""
        return not (self.total or self.only_before or self.only_after or self.dimensions_added or self.dimensions_removed) and bool(
            self.reclassified.empty
        )


def restated(
    before: Dataset,
    after: Dataset,
    *,
    closed_through: str | None = None,
    window: int | str | None = None,
    where: Filter = None,
    card: Definition = STANDARD,
    fiscal_start: int = 1,
    limit: int = 1_000,
) -> Restated:
    """What ``after`` says otherwise than ``before``, and what that does to every past NRR.

    Parameters
    ----------
    before, after
        Two versions of a dataset.
    closed_through
        ``YYYY-MM``: this month and all before it were closed.
    window, where, card, fiscal_start
        As in ``retention``. A filter is read in each version as that version has it: an account that moved to another segment
        counts as removed or added.
    limit
        At most so many account-months are listed; sums and counts are of all.

    Raises
    ------
    SelectionError, DefinitionError
        An unknown dimension, segment or window; a card that this data does not serve.

    """
    kept = frozen_where(where)
    closed = parse_month(closed_through) if closed_through else None
    told = replace(card, fx="reported")  # a month's amounts at its own rates: those of other months change nothing about it
    both = pair(under(before, told), under(after, told), where=kept)
    found = after.engine.query("restated", inputs={"earlier": both.earlier, "later": both.later})
    stretches = {name: np.asarray(column) for name, column in found.items()}
    months = _months(after, stretches, both, closed)
    question = f"{before.name} ({before.sha256[:12]}) against {after.name}, closed through {closed_through or 'nothing'}"
    made = stamp(after, card=card, where=kept, question=question).as_dict()
    listed = to_frame(_listing(stretches, both, closed, limit), order=_LISTED, stamp=made)
    spans = [set(data.months) for data in (before, after)]
    over = card.over(window)
    return Restated(
        before=before.name, after=after.name, same_data=before.sha256 == after.sha256, card=over,
        shared=(month_text(both.first), month_text(both.last)) if both.first <= both.last else None,
        only_before=tuple(sorted(spans[0] - spans[1])), only_after=tuple(sorted(spans[1] - spans[0])),
        currencies=(before.currency, after.currency), closed_through=closed_through,
        total=int(months["account_months"].sum()), account_months=listed,
        months=to_frame(months, order=[*months], stamp=made),
        appeared=_named(both, both.appeared), appeared_total=len(both.appeared),
        vanished=_named(both, both.vanished), vanished_total=len(both.vanished),
        reclassified=to_frame(_reclassified(after, stretches, both), order=("dimension", "accounts", "account_months"), stamp=made),
        dimensions_added=tuple(d for d in after.dimensions if d not in before.dimensions),
        dimensions_removed=tuple(d for d in before.dimensions if d not in after.dimensions),
        effects=_effects(before, after, kept, card=over, fiscal_start=fiscal_start, closed=closed_through, stamped=made),
    )  # fmt: skip


_LISTED: Final = ("account_id", "month", "before_mrr", "after_mrr", "change_mrr", "kind", "closed")


def _named(both: Pair, numbers: npt.NDArray[Any]) -> tuple[str, ...]:
    return tuple(both.ids[one] for one in numbers[:_NAMED].tolist())


def _months(data: Dataset, stretches: Table, both: Pair, closed: int | None) -> dict[str, Any]:
    """Sums by month from the signed steps of the stretches."""
    steps = data.engine.query("restated_months", inputs={"stretches": stretches})
    size = max(both.last - both.first + 2, 0)
    columns: dict[str, Any] = {}
    for name in _STEPS:
        by_month = np.zeros(size, dtype=np.int64)
        by_month[np.asarray(steps["m"], dtype=np.int64) - both.first] = np.asarray(steps[name], dtype=np.int64)
        columns[name] = np.cumsum(by_month)
    touched = np.flatnonzero(columns["account_months"])
    number = touched + both.first
    made = {name: values[touched] for name, values in columns.items()}
    return {
        "month": months_column(number),
        "account_months": made["account_months"],
        "added": made["added"],
        "removed": made["removed"],
        "changed": made["account_months"] - made["added"] - made["removed"],
        "raised_mrr": made["raised_mrr"],
        "lowered_mrr": made["lowered_mrr"],
        "change_mrr": made["raised_mrr"] - made["lowered_mrr"],
        "closed": number <= (closed if closed is not None else -1),
    }


def _listing(stretches: Table, both: Pair, closed: int | None, limit: int) -> dict[str, Any]:
    """Account-months one by one, the closed ones first, each part by the size of its change, at most ``limit``."""
    moved = np.flatnonzero(np.asarray(stretches["before_mrr"]) != np.asarray(stretches["after_mrr"]))
    rows = {name: np.asarray(column)[moved] for name, column in stretches.items()}
    edge = both.first if closed is None else closed + 1
    parts = [_spelled(rows, rows["f"], np.minimum(rows["t"], edge), limit)]
    parts.append(_spelled(rows, np.maximum(rows["f"], edge), rows["t"], limit - len(parts[0]["month"])))
    at = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    before, after = at["before_mrr"], at["after_mrr"]
    return {
        "account_id": [both.ids[one] for one in at["account"].tolist()],
        "month": months_column(at["month"]),
        "before_mrr": before,
        "after_mrr": after,
        "change_mrr": after - before,
        "kind": np.select([before == 0, after == 0], ["added", "removed"], default="changed"),
        "closed": at["month"] < edge,
    }


def _spelled(rows: Table, f: npt.NDArray[Any], t: npt.NDArray[Any], limit: int) -> dict[str, npt.NDArray[Any]]:
    """The months of the stretches ``[f, t)``, at most ``limit``."""
    order = np.lexsort((f, rows["account"], -np.abs(rows["after_mrr"] - rows["before_mrr"])))
    length = np.maximum(t - f, 0)[order]
    upto = np.cumsum(length)
    needed = order[: int(np.searchsorted(upto, max(limit, 0))) + 1]
    length = length[: len(needed)]
    place = np.repeat(needed, length)[: max(limit, 0)]
    offset = (np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length))[: max(limit, 0)]
    made = {name: rows[name][place] for name in ("account", "before_mrr", "after_mrr")}
    return made | {"month": f[place] + offset}


def _reclassified(data: Dataset, stretches: Table, both: Pair) -> dict[str, Any]:
    found = data.engine.query("reclassified", inputs={"stretches": stretches, "described": both.described})
    order = np.argsort(np.asarray(found["place"]))
    place = np.asarray(found["place"])[order].tolist()
    return {"dimension": [both.dimensions[one] for one in place]} | {
        name: np.asarray(found[name])[order] for name in ("accounts", "account_months")
    }


def _effects(
    before: Dataset, after: Dataset, where: Where, *, card: Definition, fiscal_start: int, closed: str | None, stamped: dict[str, Any]
) -> pd.DataFrame:
    """Ratios of every past close, before and after."""
    sides = [_ratios(data, known_where(data, where), card, fiscal_start) for data in (before, after)]
    made = sides[0].merge(sides[1], on="close", how="left", suffixes=("_b", "_a"))
    columns: dict[str, Any] = {"close": made["close"]}
    for name in ("opening_mrr", *_RATIOS):
        columns |= {f"before_{name}": made[f"{name}_b"], f"after_{name}": made[f"{name}_a"]}
    for name in _RATIOS:
        columns[f"{name}_change"] = made[f"{name}_a"] - made[f"{name}_b"]
    effects = pd.DataFrame(columns)
    effects["closed"] = [closed is not None and close <= closed for close in made["close"]]
    effects.attrs["stamp"] = stamped
    return effects


def _ratios(data: Dataset, where: Where | None, card: Definition, fiscal_start: int) -> pd.DataFrame:
    found = retention(data, where=dict(where or ()), card=card, fiscal_start=fiscal_start)
    rows = found[found["segment"] == ALL] if where is not None else found.head(0)
    return rows[["close", "opening_mrr", *_RATIOS]].reset_index(drop=True)
