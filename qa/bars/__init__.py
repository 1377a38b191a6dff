"""The bars, one module each, found by themselves.

A module has ``NAME`` (the bar in words), ``run(full: bool) -> Result``, and ``BROWSER = True`` where it needs a Chromium.
"""

import pkgutil
from importlib import import_module
from types import ModuleType

__all__ = ["bar", "names"]


def names() -> tuple[str, ...]:
    """Names of all bars, which are their modules' names."""
    return tuple(sorted(name for _, name, _ in pkgutil.iter_modules(__path__) if not name.startswith("_")))


def bar(name: str) -> ModuleType:
    """The module of a bar."""
    return import_module(f"{__name__}.{name}")
