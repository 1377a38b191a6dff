"""How much one file may hold. Beyond it the file is refused before it is parsed, with a way to make it smaller."""

from typing import Final

__all__ = ["CELL_BYTES", "CHUNK", "COLUMNS", "HEADER_BYTES", "HEAD_BYTES", "LINE_BYTES", "ROWS", "UNPACKED_BYTES"]

CHUNK: Final = 1 << 24  # bytes looked at in one go
HEAD_BYTES: Final = 1 << 18  # bytes that decide encoding, delimiter and layout
COLUMNS: Final = 5_000
HEADER_BYTES: Final = 1 << 16
LINE_BYTES: Final = 10_000_000
CELL_BYTES: Final = 1_000_000
ROWS: Final = 100_000_000
UNPACKED_BYTES: Final = 1 << 30  # of a compressed upload
