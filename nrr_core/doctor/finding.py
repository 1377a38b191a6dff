"""What one check of a deployment found."""

from dataclasses import dataclass
from typing import Final

__all__ = ["STATES", "Finding", "fail", "ok", "warn"]

STATES: Final = ("ok", "warn", "fail")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: which check, how it went, and what was seen or what to do."""

    check: str
    state: str
    text: str

    def __str__(self) -> str:
        return f"{self.state:<5} {self.check:<12} {self.text}"


def ok(check: str, text: str) -> Finding:
    """It is as it should be."""
    return Finding(check, "ok", text)


def warn(check: str, text: str) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(check, "warn", text)


def fail(check: str, text: str) -> Finding:
    """It must be put right."""
    return Finding(check, "fail", text)
