"""Verifying an export: whose data, which card, which version, and every cell once more."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.errors import DefinitionError, SelectionError
from nrr_core.recipe import RecipeError
from nrr_core.report import to_csv, to_xlsx
from nrr_core.report.taken import Export, UnreadableError, taken
from nrr_core.stamp import VERSION, stamp
from nrr_core.verification.asking import Question, asked
from nrr_core.verification.cells import difference
from nrr_core.verification.sources import by_contents, opened

__all__ = ["Verified", "verify"]

_UNDECIDED: Final = frozenset({"unreadable", "no stamp", "recipe", "not repeatable"})
_NOISE: Final = re.compile(r"[\"\s']")
_WHO: Final = "an export was verified"


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a file is what the library answers, and why not.

    Attributes
    ----------
    equal
        Every cell and the stamp are what the same question gives now.
    kind
        ``equal``, or what is in the way: ``cells``, ``rows``, ``columns``, ``order``, ``stamp``, ``dataset``, ``card``, ``refused``;
        or why nothing can be said: ``unreadable``, ``no stamp``, ``recipe``, ``not repeatable``.
    reason
        The same in words.
    row, column, found, expected
        The first cell that differs: row of the table from 1, column, the file's text, the answer's.

    """

    equal: bool
    kind: str
    reason: str
    row: int | None = None
    column: str | None = None
    found: str | None = None
    expected: str | None = None

    @property
    def decided(self) -> bool:
        """Whether anything can be said: the file has a stamp whose question could be asked."""
        return self.kind not in _UNDECIDED


def verify(
    export: str | Path | bytes, data: Dataset | str | Path | None = None, *, card: Definition | None = None, **options: Any
) -> Verified:
    """Whether an export still is what its stamp's question gives.

    Parameters
    ----------
    export
        A CSV or XLSX file that this package wrote, or its bytes. Of a slide deck only the stamp is compared.
    data
        What it was made from: a dataset, a file, or ``store:NAME@VERSION``; default: the saved version whose hash the stamp names.
    card
        The definition it should follow; default: the one in its stamp.
    options
        How a file is read, as in ``read``: ``accounts``, ``rates``, ``last``, ``mapping``, ``answers``.

    Raises
    ------
    IngestError, StoreError
        The data itself can't be read or is not here.

    """
    found = _taken(export)
    if isinstance(found, Verified):
        return found
    question = _question(found, card)
    if isinstance(question, Verified):
        return question
    source = _source(question, data, options)
    if source is None:
        which = f" (hash {question.dataset[:12]})" if question else ""
        return Verified(equal=False, kind="dataset", reason=f"No saved dataset has these contents{which}. Name the file it was made from.")
    return _against(found, question, source)


def _taken(export: str | Path | bytes) -> Export | Verified:
    try:
        found = taken(export if isinstance(export, bytes) else Path(export).read_bytes())
    except (UnreadableError, OSError) as error:
        why = str(error) if isinstance(error, UnreadableError) else error.strerror
        return Verified(equal=False, kind="unreadable", reason=f"The file can't be read: {why}.")
    if not found.lines:
        return Verified(equal=False, kind="no stamp", reason="The file carries no stamp, so nothing says what it was made from.")
    return found


def _question(found: Export, card: Definition | None) -> Question | Verified | None:
    """What the stamp asks, None where it has no recipe; or the verdict, where the recipe can't be used or has another card."""
    try:
        question = asked(found.recipe) if found.recipe else None
    except RecipeError as error:
        return Verified(equal=False, kind="recipe", reason=f"The stamp's recipe can't be used: {error}.")
    except DefinitionError as error:
        return Verified(equal=False, kind="card", reason=f"The stamp's definition can't be used. {error}")
    if card is not None and question is not None and question.card != card:
        names = ", ".join(name.replace("_", " ") for name in question.card.changes(card))
        return Verified(equal=False, kind="card", reason=f"The file follows another definition: {names} differ.")
    return question


def _source(question: Question | None, data: Dataset | str | Path | None, options: dict[str, Any]) -> Dataset | None:
    if data is not None:
        return opened(data, asked=_WHO, **options)
    return None if question is None else by_contents(question.dataset, asked=_WHO)


def _against(found: Export, question: Question | None, data: Dataset) -> Verified:
    """The file against the answer that the dataset gives."""
    hashed = question.dataset if question else _after(found, "Dataset")
    if not hashed or not data.sha256.startswith(hashed):
        reason = f"The file was made from other data: its stamp has {hashed[:12]}, this dataset is {data.sha256[:12]}."
        return Verified(equal=False, kind="dataset", reason=reason)
    if question is None or not question.function:
        return _stamp_only(found, question, data)
    try:
        answer = question.again(data)
    except (SelectionError, DefinitionError) as error:
        return Verified(equal=False, kind="refused", reason=f"The question of its stamp can't be asked of this dataset. {error}")
    return _compared(found, question, answer)


def _compared(found: Export, question: Question, answer: pd.DataFrame) -> Verified:
    fresh = taken(to_csv(answer) if found.form == "csv" else to_xlsx(answer, title="Table"))
    numeric = [pd.api.types.is_numeric_dtype(dtype) for dtype in answer.dtypes]
    header = [str(name) for name in fresh.rows(())[0]]
    try:
        first = difference(found.rows(header), fresh.rows(header), numeric=numeric)
    except UnreadableError as error:
        return Verified(equal=False, kind="unreadable", reason=f"The file can't be read: {error}.")
    other = "" if question.version == VERSION else f" Version {question.version} made the file, this is {VERSION}."
    if first is not None:
        return Verified(False, first.kind, first.text + other, first.row, first.column, first.found, first.expected)
    if found.after:
        return Verified(equal=False, kind="rows", reason="Something follows the stamp that does not belong to the file.")
    wrong = _lines_differ(found.lines, fresh.lines, version=question.version)
    if wrong:
        return Verified(equal=False, kind="stamp", reason=f"The cells are right, but the stamp was changed: {wrong}{other}")
    rows = len(answer)
    count = f"{rows:,} {'row' if rows == 1 else 'rows'} × {len(answer.columns)} columns"
    return Verified(equal=True, kind="equal", reason=f"Equal: {count} are what this dataset and definition give.{other}")


def _stamp_only(found: Export, question: Question | None, data: Dataset) -> Verified:
    """A file that can't be made again from its stamp: what its stamp says about the data is compared, its figures are not."""
    lines = dict(found.lines)
    rests = stamp(data, card=question.card if question else Definition(), where=(), question="")
    given = dict(rests.lines())
    names = ["Rows", "As of"] + (["Definition"] if question else [])
    wrong = _lines_differ([(name, lines.get(name, "")) for name in names], [(name, given[name]) for name in names])
    if wrong:
        return Verified(equal=False, kind="stamp", reason=f"The stamp does not fit this dataset: {wrong}")
    reason = "The stamp fits this dataset. The figures of such a file can't be made again from its stamp alone, so they were not compared."
    return Verified(equal=False, kind="not repeatable", reason=reason)


def _after(found: Export, label: str) -> str:
    return dict(found.lines).get(label, "").rpartition(" · ")[2].strip()


def _lines_differ(found: Sequence[tuple[str, str]], expected: Sequence[tuple[str, str]], *, version: str = "") -> str:
    """The first line of a stamp that is not the expected one, in words.

    Quotes and blanks, which spreadsheets add, do not count, nor does the dataset's name: the same contents may go by another one.
    ``version`` is the one that the file's own recipe names.
    """
    there = {label: _plain(label, text) for label, text in found}
    right = {label: _plain(label, version if version and label == "Version" else text) for label, text in expected}
    for label, text in expected:
        if label not in there:
            return f"the line “{label}” is missing."
        if there[label] != right[label]:
            return f"the line “{label}” should say “{version if version and label == 'Version' else text[:80]}”."
    unknown = [label for label in there if label not in right]
    return f"the line “{unknown[0]}” does not belong to it." if unknown else ""


def _plain(label: str, text: str) -> str:
    return _NOISE.sub("", text.rpartition(" · ")[2] if label == "Dataset" else text)
