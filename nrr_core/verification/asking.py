"""Asking a recipe's question again. A recipe comes with a file from anywhere: only what is listed here is ever run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import pandas as pd

from nrr_core import explore, ledger
from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.errors import DefinitionError, SelectionError
from nrr_core.periods import parse_month
from nrr_core.recipe import RecipeError, read

__all__ = ["Question", "asked"]

_LONGEST: Final = 10_000  # characters of one name
_TWO: Final = 2


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(_text(one) for one in value)


_ARGUMENTS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "window": lambda value: _text(value) or _number(value),
    "by": lambda value: value is None or _text(value) or (_texts(value) and len(value) <= _TWO),
    "where": lambda value: isinstance(value, dict) and all(_text(name) and _texts(kept) for name, kept in value.items()),
    "close": lambda value: value is None or _text(value),
    "fiscal_start": _number,
    "cadence": _text,
    "state": lambda value: _text(value) or _texts(value),
    "cohort": _text,
    "contains": _text,
    "sort": _text,
    "limit": lambda value: _number(value) and value >= 0,
    "account_id": _text,
}
_WINDOWED = ("window", "by", "where", "close", "fiscal_start")
_LISTED = ("window", "where", "close", "state", "cohort", "cadence", "contains", "sort", "limit", "fiscal_start")
_FUNCTIONS: Final[Mapping[str, tuple[Callable[..., pd.DataFrame], tuple[str, ...]]]] = {
    "retention": (explore.retention, _WINDOWED),
    "movements": (explore.movements, _WINDOWED),
    "cohorts": (explore.cohorts, ("cadence", "by", "where", "fiscal_start")),
    "accounts": (ledger.accounts, _LISTED),
    "history": (ledger.history, ("account_id",)),
}


@dataclass(frozen=True)
class Question:
    """What a recipe asks; ``function`` is blank where its table can't be made again from the dataset alone."""

    dataset: str
    version: str
    card: Definition
    now: int | None
    function: str
    arguments: Mapping[str, Any]

    def again(self, data: Dataset) -> pd.DataFrame:
        """The answer, with the months not over that were not over then.

        Raises
        ------
        SelectionError, DefinitionError
            The dataset cannot be asked this.

        """
        function, _ = _FUNCTIONS[self.function]
        return function(data if self.now is None else _then(data, self.now), card=self.card, **self.arguments)


def asked(text: str) -> Question:
    """The question of a recipe.

    Raises
    ------
    RecipeError
        It is damaged, or asks for something that is not on the list.
    DefinitionError
        Its card has knobs or values that this version does not know.

    """
    facts = read(text)
    dataset, version, card, now, ask = (facts.get(name) for name in ("dataset", "version", "card", "now", "ask"))
    if not _text(dataset) or not _text(version) or not isinstance(card, dict) or not (now is None or _text(now)):
        raise RecipeError("it lacks the dataset, the version or the card")
    if ask is not None and not isinstance(ask, dict):
        raise RecipeError("its question can't be read")
    try:
        known = Definition.from_dict(card)
    except TypeError as error:  # a list where a word belongs
        raise DefinitionError("The card of this export can't be read.") from error
    function, arguments = _checked(dict(ask)) if ask else ("", {})
    try:
        month = None if now is None else parse_month(now)
    except SelectionError as error:
        raise RecipeError("the month it was made in can't be read") from error
    return Question(str(dataset), str(version), known, month, function, arguments)


def _checked(ask: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    name = ask.pop("function", None)
    if not isinstance(name, str) or name not in _FUNCTIONS:
        raise RecipeError(f"it asks for something other than {', '.join(_FUNCTIONS)}")
    for argument, value in ask.items():
        if argument not in _FUNCTIONS[name][1] or not _ARGUMENTS[argument](value):
            raise RecipeError(f"{name} is not asked like that ({argument[:40]!r})")
    return name, ask


@dataclass(frozen=True, eq=False)
class _Then(Dataset):
    """A dataset in a month of the past: which months were not over then."""

    now: int = 0

    def is_partial(self, month: int) -> bool:
        return month >= self.now


def _then(data: Dataset, now: int) -> Dataset:
    return _Then(**{one.name: getattr(data, one.name) for one in fields(Dataset)}, now=now)
