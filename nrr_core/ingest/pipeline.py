"""The import from end to end: look at the head, decide, read everything, account for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nrr_core.errors import Verdict
from nrr_core.ingest import accounts as account_file
from nrr_core.ingest import attributes, details, layouts, revenue
from nrr_core.ingest.checks import run_checks
from nrr_core.ingest.duplicates import drop_repeated
from nrr_core.ingest.look import look
from nrr_core.ingest.quarantine import write_problems, write_quarantine
from nrr_core.ingest.rates import note_missing, read_rates
from nrr_core.ingest.reading import Reading
from nrr_core.ingest.report import Options, Report
from nrr_core.ingest.tally import report_of
from nrr_core.periods import current_month

__all__ = ["read_revenue"]


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
    seen = look(source, options=options or Options(), work=work)
    columns, guess, notes = seen.columns, seen.guess, seen.notes
    notes.stop_if_open()
    loaded = seen.opened.load(con, table="cells", progress=lambda share: tell("reading lines", 0.05 + 0.5 * share))
    notes.stop_if_open()
    used = {one.index for one in guess.found.values()} | set(guess.months)
    if not loaded.records and not loaded.broken:
        raise notes.refuse("The file has a header but no data rows. Export it again with its rows.")
    lines = details.find(con, loaded, columns, used=used, notes=notes)
    used |= set() if lines.kind is None else {lines.kind}
    dimensions, indexes, ignored = attributes.choose(
        con, loaded, columns, used=used, account=guess.found["account_id"].index, origin="revenue", first=1, others=set()
    )
    tell("reading cells", 0.6)
    known = None
    if rates is not None:
        known, raised = read_rates(con, rates, options=notes.options, work=work)
        notes.take(raised)
    reading = Reading(con, notes, loaded, columns, guess, dimensions, indexes, lines, known)
    revenue.write(reading, lambda share: tell("reading cells", 0.6 + 0.2 * share))
    kept, held = write_quarantine(reading)
    tell("checking", 0.85)
    names = {one.key: one.name for one in dimensions}
    one_month = layouts.module_of(guess.layout).ONE_MONTH
    run_checks(con, one_month=one_month, wide=reading.wide, notes=notes, dimensions=names)
    notes.stop_if_open()
    repeated = drop_repeated(reading)
    kept, held = kept - repeated, held + repeated
    detail = _detail(reading)
    joined = account_file.Joined((), (), None, 0, 0)
    if accounts is not None:
        joined = account_file.read_accounts(
            con, accounts, options=notes.options, work=work, notes=notes, first=len(dimensions) + 1, others=set(names.values())
        )
    notes.stop_if_open()
    if kept == 0:
        first = next((one for one in notes.problems if one.verdict == Verdict.QUARANTINED), None)
        raise notes.refuse(f"No row of the file could be read. {first.message if first else ''}".strip())
    notes.warn_unused()
    write_problems(con, notes)
    return report_of(seen, reading, kept=kept, held=held, ignored=ignored, joined=joined, detail=detail)


def _detail(reading: Reading) -> dict[str, Any] | None:
    """What lines say besides, as ``nrr_core.dataset.Detail`` has it; None where they say nothing."""
    con, names, lines = reading.con, reading.columns.names, reading.lines
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
