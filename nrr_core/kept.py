"""Answers kept: what takes a ledger for each of many openings is worked out once, and found again."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy.typing as npt

from nrr_core.dataset import Dataset

__all__ = ["kept"]

T = TypeVar("T")
_MOST = 64  # answers of one dataset
_NUMBERS = 2_000_000  # and all their numbers: 16 MB


@dataclass(eq=False)
class _Answers:
    """The answers of one dataset that were asked for last, with how many numbers each has."""

    found: OrderedDict[Hashable, tuple[Any, int]] = field(default_factory=OrderedDict)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def look(self, key: Hashable) -> tuple[Any, int] | None:
        with self.guard:
            if key in self.found:
                self.found.move_to_end(key)
            return self.found.get(key)

    def keep(self, key: Hashable, answer: object, size: int) -> None:
        with self.guard:
            self.found[key] = (answer, size)
            while len(self.found) > _MOST or sum(numbers for _, numbers in self.found.values()) > _NUMBERS:
                self.found.popitem(last=False)


def kept(data: Dataset, key: Hashable, make: Callable[[], T], *, arrays: Callable[[T], Iterable[npt.NDArray[Any]]]) -> T:
    """The answer to a question about a dataset, worked out where it is not known yet.

    ``key`` says all of the question; ``arrays`` are those of an answer, which nobody can change from then on. The answers
    asked for last are kept, for as long as the dataset is.
    """
    with _SHELVING:
        answers = _SHELVES.setdefault(data, _Answers())
    known = answers.look(key)
    if known is not None:
        answer: T = known[0]
        return answer
    answer = make()
    size = 0
    for values in arrays(answer):
        values.flags.writeable = False
        size += values.size
    answers.keep(key, answer, size)
    return answer


_SHELVES: "weakref.WeakKeyDictionary[Dataset, _Answers]" = weakref.WeakKeyDictionary()
_SHELVING = threading.Lock()
