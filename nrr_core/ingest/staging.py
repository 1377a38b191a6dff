"""Where an import works: in memory for files that fit, else in a file that keeps text small."""

from pathlib import Path
from typing import Final

__all__ = ["staging_place"]

_IN_MEMORY: Final = 600 << 20  # bytes of text; as tables they take about four times that, and spill where memory is short


def staging_place(source: Path, file: Path) -> str:
    """What to open as the import's database.

    Writing text into a database file costs several times as much as holding it, since each column is compressed;
    beyond the size above that is what keeps the disk from filling.
    """
    return ":memory:" if source.stat().st_size <= _IN_MEMORY else str(file)
