"""The stamp: what a number rests on, so that anybody can get the same number again."""

from dataclasses import asdict, dataclass
from typing import Any

from nrr_core import __version__
from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.periods import month_text
from nrr_core.selection import Where

__all__ = ["VERSION", "Stamp", "stamp"]

VERSION = __version__


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a figure, table, chart or export rests on. The same stamp gives the same data again."""

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


def stamp(data: Dataset, *, card: Definition, where: Where, question: str) -> Stamp:
    """The stamp of one question to a dataset; ``question`` names the function and its arguments."""
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
    )
