"""The report of an import: every line and every amount of the file added up and accounted for."""

from decimal import Decimal
from typing import Any, Final

from nrr_core.errors import Problem
from nrr_core.ingest import layouts
from nrr_core.ingest.accounts import Joined
from nrr_core.ingest.look import Look
from nrr_core.ingest.mapping import header_currency
from nrr_core.ingest.reading import Reading
from nrr_core.ingest.report import MappedColumn, Report
from nrr_core.schema import money

__all__ = ["report_of"]

_LISTED: Final = 200  # problems of one rule in the report; the table has all


def report_of(
    seen: Look,
    reading: Reading,
    *,
    kept: int,
    held: int,
    ignored: tuple[tuple[str, str], ...],
    joined: Joined,
    detail: dict[str, Any] | None,
) -> Report:
    """What was read and set aside: ``kept`` rows and ``held`` ones, columns left out, and the accounts file that was joined."""
    con, loaded, guess, notes = reading.con, reading.loaded, reading.guess, reading.notes
    total = con.execute("select coalesce(sum(amount), 0) from revenue").fetchone()[0]
    aside = con.execute("select coalesce(sum(amount), 0) from quarantine").fetchone()[0]
    kinds = tuple((kind, count) for kind, count in loaded.kinds.items() if count)
    return Report(
        one_month=layouts.module_of(guess.layout).ONE_MONTH,
        layout=guess.layout, layout_reason=guess.reason, format=seen.opened.format, encoding=seen.opened.encoding,
        delimiter=seen.opened.delimiter, mapping=(*seen.mapped, *_said(reading)),
        dimensions=(*reading.dimensions, *joined.dimensions), ignored=(*ignored, *joined.ignored),
        lines_total=loaded.lines_total, lines_unaccounted=loaded.lines_total - sum(count for _, count in kinds), line_kinds=kinds,
        rows_accepted=kept, rows_repaired=min(kept, reading.rows_repaired + len(loaded.repaired)), rows_quarantined=held,
        sum_accepted=_decimal(total), sum_quarantined=_decimal(aside), problems=_listed(notes.problems), questions=tuple(notes.questions),
        currency=_currency(reading), accounts_rows=joined.rows, accounts_unknown=joined.unknown, accounts_missing=joined.missing,
        preview=seen.preview, detail=detail,
    )  # fmt: skip


def _said(reading: Reading) -> tuple[MappedColumn, ...]:
    """The columns that say more of a line."""
    named = (("revenue_type", reading.lines.kind), ("subscription_id", reading.lines.item))
    return tuple(MappedColumn(name, reading.columns.names[i], f"its name means {name}") for name, i in named if i is not None)


def _listed(problems: list[Problem]) -> tuple[Problem, ...]:
    """The first problems of each rule."""
    listed: list[Problem] = []
    seen: dict[str, int] = {}
    for problem in problems:
        seen[problem.rule] = seen.get(problem.rule, 0) + 1
        if seen[problem.rule] <= _LISTED:
            listed.append(problem)
    return tuple(listed)


def _currency(reading: Reading) -> str | None:
    """The currency that amounts are in, by their own marks or by the name of their column."""
    found = reading.guess.found
    header = [header_currency(reading.columns.names[one.index]) for name, one in found.items() if name in {"mrr", "amount", "arr"}]
    return next((code for code in [*reading.currencies, *header] if code), None)


def _decimal(amount: int) -> Decimal:
    """An amount with two decimals at least."""
    value = money(amount)
    return value.quantize(Decimal("0.01")) if value == value.quantize(Decimal("0.01")) else value.normalize()
