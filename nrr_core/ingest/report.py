"""What goes into the import (options) and what it says afterwards (inspection, report)."""

from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any

from nrr_core.errors import Problem, Question

__all__ = ["Dimension", "Inspection", "MappedColumn", "Options", "Report"]


@dataclass(frozen=True)
class Options:
    """What a person decided about a file: ``mapping`` names the column of a field, ``answers`` answer questions."""

    mapping: tuple[tuple[str, str], ...] = ()
    answers: tuple[tuple[str, str], ...] = ()

    def answer(self, key: str) -> str | None:
        """The answer to one question, or None where nobody gave one."""
        return dict(self.answers).get(key)


@dataclass(frozen=True)
class Dimension:
    """One attribute column: ``key`` is its name in the tables, ``name`` the header it came with."""

    key: str
    name: str
    origin: str  # "revenue" or "accounts"


@dataclass(frozen=True)
class MappedColumn:
    """Which column of the file a field is read from, and why."""

    field: str
    column: str
    reason: str


def _plain(value: Any) -> Any:
    """Values that JSON knows."""
    if isinstance(value, Problem | Question):
        return value.as_dict()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Dimension | MappedColumn):
        return asdict(value)
    return value


@dataclass(frozen=True)
class Inspection:
    """What the head of a file looks like: enough to show a mapping form, without reading the whole."""

    layout: str
    layout_reason: str
    format: str
    encoding: str | None
    delimiter: str | None
    header: tuple[str, ...]
    mapping: tuple[MappedColumn, ...]
    problems: tuple[Problem, ...]
    questions: tuple[Question, ...]
    preview: tuple[tuple[str, ...], ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON and forms."""
        return {item.name: _plain(getattr(self, item.name)) for item in fields(self)}


@dataclass(frozen=True)
class Report:
    """One honest summary of an import: what was read, repaired, set aside and why.

    Every physical line of the file is in ``line_kinds``; ``rows_accepted + rows_quarantined`` are the data records;
    ``sum_accepted + sum_quarantined`` is all MRR that could be read. ``rows_repaired`` is a part of ``rows_accepted``.
    """

    layout: str
    layout_reason: str
    one_month: bool
    format: str
    encoding: str | None
    delimiter: str | None
    mapping: tuple[MappedColumn, ...]
    dimensions: tuple[Dimension, ...]
    ignored: tuple[tuple[str, str], ...]
    lines_total: int
    lines_unaccounted: int
    line_kinds: tuple[tuple[str, int], ...]
    rows_accepted: int
    rows_repaired: int
    rows_quarantined: int
    sum_accepted: Decimal
    sum_quarantined: Decimal
    problems: tuple[Problem, ...]
    questions: tuple[Question, ...]
    currency: str | None
    accounts_rows: int | None
    accounts_unknown: int
    accounts_missing: int
    preview: tuple[tuple[str, ...], ...]
    detail: dict[str, Any] | None = None  # what lines say besides; kept with the model, not shown

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON: amounts as decimal strings."""
        return {item.name: _plain(getattr(self, item.name)) for item in fields(self) if item.name != "detail"}
