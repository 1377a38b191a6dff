"""Layouts: how the rows of a file stand for revenue. A new one is one module in this folder; it is found by itself.

A layout module has ``NAME``, ``NEEDS`` (its fields, for messages), ``ONE_MONTH`` (every line lasts one month),
``guess(columns)`` which says whether a header fits, and ``base(columns, guess, ...)`` which writes the view ``base``: one
line of revenue a row, as text, with the columns ``ordinal``, ``account``, ``amount``, ``month`` or ``start`` and ``finish``,
and whatever else ``Roles`` names. ``ask(columns, guess, notes)``, where it is there, puts the layout's own questions.
"""

import pkgutil
from importlib import import_module
from types import ModuleType

from nrr_core.errors import nearest
from nrr_core.ingest.mapping import Columns, Guess, normal
from nrr_core.ingest.notes import Notes, shown

__all__ = ["LAYOUTS", "guess_layout", "module_of"]

_FOUND = (import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
LAYOUTS: tuple[ModuleType, ...] = tuple(sorted(_FOUND, key=lambda module: str(module.NAME), reverse=True))


def module_of(name: str) -> ModuleType:
    """The module of a layout."""
    return next(module for module in LAYOUTS if name == module.NAME)


def guess_layout(columns: Columns, *, notes: Notes) -> Guess:
    """The layout that fits best; refused with the nearest column names where none does."""
    guesses = [guess for module in LAYOUTS if (guess := module.guess(columns)) is not None]
    given = notes.options.answer("layout")
    if given is not None:
        options = {module.NAME: module.NEEDS for module in LAYOUTS}
        notes.ask("layout", "How are the rows laid out?", options)
        guesses = [guess for guess in guesses if guess.layout == given]
    if guesses:
        best: Guess = max(guesses, key=lambda guess: guess.score)
        return best
    notes.stop_if_open()
    raise notes.refuse(_misfit(columns))


def _misfit(columns: Columns) -> str:
    """What is missing, what is there, and what comes nearest."""
    missing = [name for name in ("account_id", "month", "mrr") if columns.find(name) is None]
    if columns.find("start_date") is not None and "month" in missing:
        missing.remove("month")
    if columns.find("amount") is not None and "mrr" in missing:
        missing.remove("mrr")
    there = ", ".join(f"“{shown(columns.names[index])}”" for index in columns.usable()[:30])
    known = {normal(name): name for name in columns.names if name}
    hints = "".join(f" For {name}:{hint}" for name in missing if (hint := nearest(name, known)))
    needs = "; ".join(f"{module.NAME}: {module.NEEDS}" for module in reversed(LAYOUTS))
    return (
        f"Required column missing: {', '.join(missing) or 'month or start_date'}. The file has {there}.{hints} "
        f"Readable layouts: {needs}. Say which column is which (--map FIELD=COLUMN)."
    )
