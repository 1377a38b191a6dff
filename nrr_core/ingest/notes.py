"""The import's notebook: problems gathered on the way, questions asked, answers taken."""

import re
from dataclasses import dataclass, field

from nrr_core.errors import IngestError, NeedsAnswer, Problem, Question, Verdict, nearest
from nrr_core.ingest.report import Options
from nrr_core.schema import UNIT

__all__ = ["OTHER_FILES", "Notes", "counted", "place", "shown", "shown_money"]

OTHER_FILES = ("accounts", "rates")  # roles of the files beside the revenue
_SHOWN = 80  # characters of a value that a message quotes


def shown(text: object) -> str:
    """A value as a message quotes it: on one line, cut where it is long."""
    flat = "".join(character if character.isprintable() else "␣" for character in str(text))
    return flat if len(flat) <= _SHOWN else flat[:_SHOWN] + "…"


def shown_money(amount: int) -> str:
    """An amount in ten-thousandths as a message quotes it."""
    return f"{amount / UNIT:,.2f}"


def place(row: int | None, line: int | None, column: str | None = None, value: object = None) -> str:
    """Where something is, in one form everywhere: ``row 1,714 (line 1,716), column "mrr": "1,234"``."""
    parts = []
    if row is not None:
        parts.append(f"row {row:,} (line {line:,})" if line is not None else f"row {row:,}")
    elif line is not None:
        parts.append(f"line {line:,}")
    if column is not None:
        parts.append(f'column "{shown(column)}"')
    where = ", ".join(parts)
    return where if value is None else f'{where}: "{shown(value)}"'


_COUNTED = re.compile(r"([\d,]+) ([\w-]+(?: [a-z]+)?)\(s\)(?: (have|are|lie|repeat|differ|look|were|begin|add)(?!\w))?")
_SINGULAR = {"have": "has", "are": "is", "lie": "lies", "repeat": "repeats", "differ": "differs", "look": "looks",
             "were": "was", "begin": "begins", "add": "adds"}  # fmt: skip


def counted(text: str) -> str:
    """A message with its counts in words that agree: ``1 row has``, ``2 rows have`` for ``N row(s) have``."""

    def agree(found: re.Match[str]) -> str:
        one = found[1] == "1"
        verb = f" {_SINGULAR[found[3]] if one else found[3]}" if found[3] else ""
        return f"{found[1]} {found[2]}{'' if one else 's'}{verb}"

    return _COUNTED.sub(agree, text)


@dataclass
class Notes:
    """Collects what the steps of one import notice, and answers their questions from the options.

    ``of`` is the role of a file beside the revenue (``accounts``, ``rates``): its questions and columns carry it as a prefix,
    its messages begin with it.
    """

    options: Options
    of: str = ""
    problems: list[Problem] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    _open: list[Question] = field(default_factory=list)

    def add(
        self,
        rule: str,
        verdict: Verdict,
        message: str,
        *,
        row: int | None = None,
        line: int | None = None,
        column: str | None = None,
        value: str | None = None,
        count: int = 1,
    ) -> None:
        """Note one problem."""
        self.problems.append(Problem(rule, verdict, self._said(counted(message)), row, line, column, value, count))

    @property
    def mapping(self) -> list[tuple[str, str]]:
        """Fields of this file with the columns that the person chose for them."""
        split = [(field.rpartition("."), column) for field, column in self.options.mapping]
        return [(field, column) for (of, _, field), column in split if of == self.of]

    def _said(self, text: str) -> str:
        return f"{self.of.capitalize()} file: {text}" if self.of else text

    def ask(self, key: str, text: str, options: dict[str, str], *, default: str | None = None) -> str | None:
        """The answer to a question: the one given, else the default; None leaves it open (see ``stop_if_open``)."""
        text, key = self._said(counted(text)), f"{self.of}.{key}" if self.of else key
        question = Question(key, text, tuple(options.items()), default)
        known = [one.key for one in self.questions]
        if key not in known:
            self.questions.append(question)
        given = self.options.answer(key)
        if given is not None and given not in options:
            raise IngestError(
                f"“{given}” does not answer “{key}”: {text} Answers: {', '.join(options)}.{nearest(given, options)}",
                problems=self.problems,
                questions=self.questions,
            )
        taken = given if given is not None else default
        if taken is None and key not in [one.key for one in self._open]:
            self._open.append(question)
        return taken

    def stop_if_open(self) -> None:
        """Raise ``NeedsAnswer`` where a question without a default has no answer."""
        if not self._open:
            return
        lines = []
        for question in self._open:
            choices = "; ".join(f"--set {question.key}={answer} ({meaning})" for answer, meaning in question.options)
            lines.append(f"{question.text} Answer with {choices}.")
        asked = [Problem(question.key, Verdict.ASK, question.text + " Pick one; it is not guessed.") for question in self._open]
        raise NeedsAnswer("\n".join(lines), problems=[*self.problems, *asked], questions=self.questions)

    def refuse(self, message: str) -> IngestError:
        """The exception that refuses the file, with everything noticed so far."""
        return IngestError(self._said(message), problems=self.problems, questions=self.questions)

    def take(self, other: "Notes") -> None:
        """What another file of the same import raised."""
        self.problems += other.problems
        self.questions += other.questions

    def warn_unused(self) -> None:
        """Say which answers belong to no question that was asked."""
        asked = {question.key for question in self.questions}
        for key, answer in self.options.answers:
            if key not in asked:
                self.add(
                    "unused_answer",
                    Verdict.NOTE,
                    f"The answer {key}={shown(answer)} was not needed: this file raises no such question.{nearest(key, asked)}",
                )
