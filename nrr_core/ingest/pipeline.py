"""The import from end to end: look at the head, decide, read everything, account for it."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from nrr_core.errors import IngestError, Problem, Verdict
from nrr_core.ingest import accounts as account_file
from nrr_core.ingest import attributes, details, layouts
from nrr_core.ingest.cells import Loaded, Opened
from nrr_core.ingest.checks import run_checks
from nrr_core.ingest.formats import find_format
from nrr_core.ingest.mapping import Columns, Guess, header_currency, read_header
from nrr_core.ingest.notes import Notes
from nrr_core.ingest.quarantine import write_problems, write_quarantine
from nrr_core.ingest.rates import note_missing, read_rates
from nrr_core.ingest.reading import Reading
from nrr_core.ingest.report import Inspection, MappedColumn, Options, Report
from nrr_core.periods import current_month
from nrr_core.schema import money

__all__ = ["inspect", "read_revenue"]

_PREVIEW: Final = 20
_LISTED: Final = 200  # problems of one rule in the report; the table has all


@dataclass
class _Look:
    """A file whose head is understood."""

    opened: Opened
    columns: Columns
    guess: Guess
    notes: Notes


def _look(source: Path, *, options: Options, work: Path) -> _Look:
    """Format, header, layout and mapping of a file."""
    notes = Notes(options)
    module, head = find_format(source, notes=notes)
    opened: Opened = module.open_file(source, head, work=work, notes=notes)
    try:
        columns = read_header(opened.header, opened.sample, notes=notes)
        guess = layouts.guess_layout(columns, notes=notes)
        own_questions = getattr(layouts.module_of(guess.layout), "ask", None)
        if own_questions is not None:
            own_questions(columns, guess, notes)
    except IngestError as error:
        error.columns = tuple(opened.header)
        raise
    return _Look(opened, columns, guess, notes)


def _mapped(look: _Look) -> tuple[MappedColumn, ...]:
    """The mapping, for the report."""
    found = [MappedColumn(name, look.columns.names[one.index], one.reason) for name, one in look.guess.found.items()]
    if look.guess.months:
        names = [look.columns.names[index] for index in look.guess.months]
        found.append(MappedColumn("months", f"{names[0]} … {names[-1]}", look.guess.reason))
    return tuple(found)


def _preview(look: _Look) -> tuple[tuple[str, ...], ...]:
    return (tuple(look.columns.names), *look.opened.sample[:_PREVIEW])


def inspect(source: Path, *, options: Options | None = None, work: Path) -> Inspection:
    """What a file seems to be, from its head alone: layout, mapping with reasons, open questions.

    Raises
    ------
    IngestError
        The file is no table, or no layout fits its header.

    """
    look = _look(source, options=options or Options(), work=work)
    return Inspection(
        layout=look.guess.layout, layout_reason=look.guess.reason, format=look.opened.format, encoding=look.opened.encoding,
        delimiter=look.opened.delimiter, header=tuple(look.columns.names), mapping=_mapped(look),
        problems=tuple(look.notes.problems), questions=tuple(look.notes.questions), preview=_preview(look),
    )  # fmt: skip


def read_revenue(
    con: Any,
    source: Path,
    *,
    name: str | None = None,
    accounts: Path | None = None,
    rates: Path | None = None,
    options: Options | None = None,
    work: Path,
    progress: Callable[[str, float], None] | None = None,
) -> Report:
    """Read a revenue file, and an optional file of account attributes, into a database.

    Parameters
    ----------
    con
        Open, writable DuckDB connection; on return it holds ``revenue``, ``problems``, ``quarantine`` and, with an
        accounts file, ``attributes``.
    source, accounts, rates
        The files. ``rates`` are exchange rates (currency, month, rate), for amounts in several currencies. ``name`` is what
        to call the first one in messages, where its path says nothing.
    options
        Mapping and answers.
    work
        Private folder for temporary files.
    progress
        Called with a word and a share from 0 to 1.

    Returns
    -------
    Report
        Every line and every amount accounted for.

    Raises
    ------
    NeedsAnswer
        A question without a default is open.
    IngestError
        The file is refused.

    """
    tell = progress or (lambda _word, _share: None)
    called = name or source.name
    con.execute("set preserve_insertion_order = true")
    tell(f"looking at {called}", 0.0)
    look = _look(source, options=options or Options(), work=work)
    look.notes.stop_if_open()
    loaded = look.opened.load(con, table="cells", progress=lambda share: tell("reading lines", 0.05 + 0.5 * share))
    look.notes.stop_if_open()
    used = {one.index for one in look.guess.found.values()} | set(look.guess.months)
    if not loaded.records and not loaded.broken:
        raise look.notes.refuse("The file has a header but no data rows. Export it again with its rows.")
    lines = details.find(con, loaded, look.columns, used=used, notes=look.notes)
    used |= set() if lines.kind is None else {lines.kind}
    dimensions, indexes, ignored = attributes.choose(
        con, loaded, look.columns, used=used, account=look.guess.found["account_id"].index, origin="revenue",
        first=1, others=set(),
    )  # fmt: skip
    tell("reading cells", 0.6)
    known = None
    if rates is not None:
        known, raised = read_rates(con, rates, options=look.notes.options, work=work)
        look.notes.take(raised)
    reading = Reading(con, look.notes, loaded, look.columns, look.guess, dimensions, indexes, lines, known)
    reading.run(lambda share: tell("reading cells", 0.6 + 0.2 * share))
    kept, held = write_quarantine(con, reading)
    tell("checking", 0.85)
    names = {one.key: one.name for one in dimensions}
    run_checks(con, one_month=layouts.module_of(look.guess.layout).ONE_MONTH, notes=look.notes, dimensions=names)
    look.notes.stop_if_open()
    kept, held = _drop_repeated(con, reading, kept, held)
    detail = _detail(con, reading)
    joined = account_file.Joined((), (), None, 0, 0)
    if accounts is not None:
        joined = account_file.read_accounts(
            con, accounts, options=look.notes.options, work=work, notes=look.notes, first=len(dimensions) + 1,
            others={one.name for one in dimensions},
        )  # fmt: skip
    look.notes.stop_if_open()
    return _report(con, look, loaded, reading, kept=kept, held=held, dimensions=(*dimensions, *joined.dimensions),
                   ignored=(*ignored, *joined.ignored), joined=joined, detail=detail)  # fmt: skip


def _detail(con: Any, reading: Reading) -> dict[str, Any] | None:
    """What lines say besides, as ``nrr_core.dataset.Detail`` has it; None where they say nothing."""
    names, lines = reading.columns.names, reading.lines
    found: dict[str, Any] = {}
    if lines.kind is not None:
        found = {"type_column": names[lines.kind], "types": details.note_types(con, names[lines.kind], reading.notes)}
    if lines.item is not None:
        found["item_column"] = names[lines.item]
    if reading.rates is not None and reading.base:
        note_missing(con, reading.rates, reading.base, until=current_month(), notes=reading.notes)
        codes = [code for (code,) in con.execute("select distinct currency from revenue order by currency").fetchall()]
        found |= {"currencies": codes, "base": reading.base}
        sums = "the sums of this report are at the rates of each row's first month"
        text = f"Amounts in {', '.join(codes)} are converted to {reading.base}; {sums}."
        reading.notes.add("rates_used", Verdict.NOTE, text, value=reading.base)
    elif reading.rates is not None:
        reading.notes.add("rates_unused", Verdict.NOTE, "The rates file was not needed: all amounts are in one currency.")
    return found or None


def _said(reading: Reading) -> tuple[MappedColumn, ...]:
    """The columns that say more of a line, for the report."""
    named = (("revenue_type", reading.lines.kind), ("subscription_id", reading.lines.item))
    return tuple(MappedColumn(name, reading.columns.names[i], f"its name means {name}") for name, i in named if i is not None)


def _drop_repeated(con: Any, reading: Reading, kept: int, held: int) -> tuple[int, int]:
    """Take identical lines out where the person asked for it; they count as set aside."""
    if not con.execute("select count(*) from duckdb_tables() where table_name = 'repeated'").fetchone()[0]:
        return kept, held
    con.execute("create or replace table revenue_once as select * from revenue where row not in (select row from repeated)")
    con.execute(f"drop {'table' if reading.is_table() else 'view'} revenue")
    con.execute("alter table revenue_once rename to revenue")
    count = con.execute("select count(*) from repeated").fetchone()[0]
    con.execute("insert into quarantine select row, null, 'duplicate', null, amount from repeated")
    con.execute("drop table repeated")
    reading.loaded.kinds["data"] -= count
    reading.loaded.kinds["quarantined"] += count
    return kept - count, held + count


def _report(
    con: Any,
    look: _Look,
    loaded: Loaded,
    reading: Reading,
    *,
    kept: int,
    held: int,
    dimensions: Any,
    ignored: Any,
    joined: Any,
    detail: dict[str, Any] | None,
) -> Report:
    """Add everything up."""
    notes = look.notes
    if kept == 0:
        first = next((one for one in notes.problems if one.verdict == Verdict.QUARANTINED), None)
        raise notes.refuse(f"No row of the file could be read. {first.message if first else ''}".strip())
    notes.warn_unused()
    total = con.execute("select coalesce(sum(amount), 0) from revenue").fetchone()[0]
    aside = con.execute("select coalesce(sum(amount), 0) from quarantine").fetchone()[0]
    write_problems(con, notes)
    listed: list[Problem] = []
    seen: dict[str, int] = {}
    for problem in notes.problems:
        seen[problem.rule] = seen.get(problem.rule, 0) + 1
        if seen[problem.rule] <= _LISTED:
            listed.append(problem)
    header = [header_currency(look.columns.names[one.index]) for name, one in look.guess.found.items() if name in {"mrr", "amount", "arr"}]
    currency = next((code for code in [*reading.currencies, *header] if code), None)
    kinds = tuple((kind, count) for kind, count in loaded.kinds.items() if count)
    return Report(
        one_month=layouts.module_of(look.guess.layout).ONE_MONTH,
        layout=look.guess.layout, layout_reason=look.guess.reason, format=look.opened.format, encoding=look.opened.encoding,
        delimiter=look.opened.delimiter, mapping=(*_mapped(look), *_said(reading)), dimensions=dimensions, ignored=ignored,
        lines_total=loaded.lines_total, lines_unaccounted=loaded.lines_total - sum(count for _, count in kinds), line_kinds=kinds,
        rows_accepted=kept, rows_repaired=min(kept, reading.rows_repaired + reading.lines_repaired), rows_quarantined=held,
        sum_accepted=_decimal(total), sum_quarantined=_decimal(aside), problems=tuple(listed), questions=tuple(notes.questions),
        currency=currency, accounts_rows=joined.rows, accounts_unknown=joined.unknown, accounts_missing=joined.missing,
        preview=_preview(look), detail=detail,
    )  # fmt: skip


def _decimal(amount: int) -> Decimal:
    """An amount with two decimals at least."""
    value = money(amount)
    return value.quantize(Decimal("0.01")) if value == value.quantize(Decimal("0.01")) else value.normalize()
