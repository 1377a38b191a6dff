"""The stamp: what a number rests on, so that anybody can get the same number again."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from nrr_core import __version__
from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.periods import current_month, month_text
from nrr_core.recipe import written
from nrr_core.selection import Where

__all__ = ["VERSION", "Stamp", "stamp"]

VERSION = __version__


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a figure, table, chart or export rests on. The same stamp gives the same data again.

    ``recipe`` holds, as JSON, what it takes to ask again: dataset, card and version in full, and, where the question can be
    repeated from these alone, function and arguments. ``nrr_core.verify`` reads it.
    """

    definition: str
    definition_hash: str
    dataset: str
    dataset_hash: str
    rows_accepted: int
    rows_repaired: int
    rows_quarantined: int
    as_of: str
    partial: bool
    filters: str
    question: str
    app_version: str
    recipe: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for frames and files."""
        return asdict(self)

    def lines(self) -> list[tuple[str, str]]:
        """Label and text of each entry, for people."""
        rows = f"{self.rows_accepted:,} accepted ({self.rows_repaired:,} repaired), {self.rows_quarantined:,} quarantined"
        return [
            ("Definition", f"{self.definition} · {self.definition_hash}"),
            ("Dataset", f"{self.dataset} · {self.dataset_hash[:12]}"),
            ("Rows", rows),
            ("As of", self.as_of + (" (partial: the month is not over)" if self.partial else "")),
            ("Filters", self.filters or "none"),
            ("Question", self.question),
            ("Version", self.app_version),
        ]

    @property
    def short(self) -> str:
        """The stamp on one line: definition, data, last month."""
        return f"{self.definition_hash} · {self.dataset_hash[:8]} · {self.as_of}"

    def footer(self) -> list[tuple[str, str]]:
        """The lines of an export: those for people, then the recipe for ``nrr_core.verify``."""
        return [*self.lines(), ("Recipe", written(json.loads(self.recipe)))] if self.recipe else self.lines()


def stamp(data: Dataset, *, card: Definition, where: Where, question: str, recipe: Mapping[str, Any] | None = None) -> Stamp:
    """The stamp of one question to a dataset.

    Parameters
    ----------
    data, card, where
        What was asked, of what.
    question
        The function and its arguments, for people.
    recipe
        The same as plain values, ``{"function": "retention", "window": 12, …}`` without ``where`` and ``card``; None where the
        answer cannot be had again from these alone.

    """
    facts: dict[str, Any] = {"dataset": data.sha256, "card": card.as_dict(), "version": VERSION}
    if recipe is not None:
        facts |= {"ask": dict(recipe) | ({"where": {name: list(values) for name, values in where}} if where else {})}
    if data.is_partial(data.last):
        facts["now"] = month_text(current_month())  # which months were not over is part of the answer
    return Stamp(
        definition=card.label,
        definition_hash=card.short_hash,
        dataset=data.name,
        dataset_hash=data.sha256,
        rows_accepted=data.report["rows_accepted"],
        rows_repaired=data.report["rows_repaired"],
        rows_quarantined=data.report["rows_quarantined"],
        as_of=month_text(data.last),
        partial=data.is_partial(data.last),
        filters="; ".join(f"{name}: {', '.join(values)}" for name, values in where),
        question=question,
        app_version=VERSION,
        recipe=json.dumps(facts, sort_keys=True, ensure_ascii=False, default=int),  # numpy's integers
    )
