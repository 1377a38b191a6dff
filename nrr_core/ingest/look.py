"""A file's head understood: format, header, layout and mapping, before anything else is read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nrr_core.errors import IngestError
from nrr_core.ingest import layouts
from nrr_core.ingest.cells import Opened
from nrr_core.ingest.formats import find_format
from nrr_core.ingest.mapping import Columns, Guess, read_header
from nrr_core.ingest.notes import Notes
from nrr_core.ingest.report import Inspection, MappedColumn, Options

__all__ = ["Look", "inspect", "look"]

_PREVIEW: Final = 20


@dataclass(frozen=True)
class Look:
    """A file whose head is understood."""

    opened: Opened
    columns: Columns
    guess: Guess
    notes: Notes

    @property
    def mapped(self) -> tuple[MappedColumn, ...]:
        """Which column each field is read from, and why."""
        names = self.columns.names
        found = [MappedColumn(field, names[one.index], one.reason) for field, one in self.guess.found.items()]
        if self.guess.months:
            first, last = names[self.guess.months[0]], names[self.guess.months[-1]]
            found.append(MappedColumn("months", f"{first} … {last}", self.guess.reason))
        return tuple(found)

    @property
    def preview(self) -> tuple[tuple[str, ...], ...]:
        """The header and some records."""
        return (tuple(self.columns.names), *self.opened.sample[:_PREVIEW])


def look(source: Path, *, options: Options, work: Path) -> Look:
    """Look at a file's head; what it raises and asks is in the notes."""
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
    return Look(opened, columns, guess, notes)


def inspect(source: Path, *, options: Options | None = None, work: Path) -> Inspection:
    """What a file seems to be, from its head alone: layout, mapping with reasons, open questions.

    Raises
    ------
    IngestError
        The file is no table, or no layout fits its header.

    """
    seen = look(source, options=options or Options(), work=work)
    return Inspection(
        layout=seen.guess.layout, layout_reason=seen.guess.reason, format=seen.opened.format, encoding=seen.opened.encoding,
        delimiter=seen.opened.delimiter, header=tuple(seen.columns.names), mapping=seen.mapped,
        problems=tuple(seen.notes.problems), questions=tuple(seen.notes.questions), preview=seen.preview,
    )  # fmt: skip
