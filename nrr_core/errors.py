"""Exceptions and problems: what went wrong, where, and what to do about it."""

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

__all__ = [
    "AccessError",
    "ConflictError",
    "DefinitionError",
    "IngestError",
    "NeedsAnswer",
    "NrrError",
    "Problem",
    "Question",
    "ScenarioError",
    "SelectionError",
    "SettingsError",
    "StoreError",
    "Verdict",
    "nearest",
]


class Verdict(StrEnum):
    """What the import did with an input (docs/import.md)."""

    NOTE = "note"  # accepted as it stands, worth knowing
    WARNING = "warning"  # accepted as it stands, worth checking
    REPAIRED = "repaired"
    ASK = "ask"
    QUARANTINED = "quarantined"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing the import noticed.

    ``row`` counts data records from 1; ``line`` counts physical lines of the file from 1. Both are None where the
    problem concerns the whole file. ``value`` is the text as written. ``count`` is how many rows it stands for.
    """

    rule: str
    verdict: Verdict
    message: str
    row: int | None = None
    line: int | None = None
    column: str | None = None
    value: str | None = None
    count: int = 1

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON and tables."""
        return asdict(self) | {"verdict": str(self.verdict)}


@dataclass(frozen=True, slots=True)
class Question:
    """A choice the import must not make alone: two readings of the file are plausible.

    ``key`` is what ``--set KEY=ANSWER`` names; ``options`` maps each answer to what it would mean;
    ``default`` is the answer that is taken where the person gives none, or None where one must be given.
    """

    key: str
    text: str
    options: tuple[tuple[str, str], ...]
    default: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON and forms."""
        return {"key": self.key, "text": self.text, "options": dict(self.options), "default": self.default}


class NrrError(Exception):
    """Base of every error this package raises on purpose. Its text is written for the person who sees it."""


class IngestError(NrrError):
    """The file is refused; the text says why and how to mend it.

    Parameters
    ----------
    message
        What happened, where, what is allowed, what to do.
    problems, questions
        What was noticed until then.
    columns
        The file's columns, where its header could be read: what a mapping can name.

    """

    def __init__(
        self, message: str, *, problems: Iterable[Problem] = (), questions: Iterable[Question] = (), columns: Iterable[str] = ()
    ) -> None:
        super().__init__(message)
        self.columns = tuple(columns)
        self.problems = tuple(problems)
        self.questions = tuple(questions)


class NeedsAnswer(IngestError):  # noqa: N818 - it asks, it does not complain
    """The file can be read once the open questions are answered."""


class SelectionError(NrrError):
    """A dimension, segment, window or period that the dataset does not have."""


class DefinitionError(NrrError):
    """A definition card with a value, or a combination of values, that is not available."""


class ScenarioError(NrrError):
    """A scenario that can't be: a lever out of range, a decision about nobody, a file that is not a scenario."""


class SettingsError(NrrError):
    """The environment configures something that cannot be; the text names the variable."""


class StoreError(NrrError):
    """Something that the store was asked for is not there, is damaged, or could not be kept."""


class AccessError(StoreError):
    """It is not there for this person; what exists and what does not look alike from outside."""


class ConflictError(StoreError):
    """Somebody else saved in between: nothing was overwritten, and both texts are at hand.

    Parameters
    ----------
    message
        What happened and what to do.
    theirs
        What is stored now, as plain values with its version.

    """

    def __init__(self, message: str, *, theirs: Any = None) -> None:
        super().__init__(message)
        self.theirs = theirs


def nearest(word: str, words: Iterable[str]) -> str:
    """A hint that names the closest known word, or nothing: `` Did you mean “plan”?``."""
    close = difflib.get_close_matches(word, list(words), n=1, cutoff=0.5)
    return f" Did you mean “{close[0]}”?" if close else ""
