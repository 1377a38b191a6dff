"""Which lines of a piece of text are beyond doubt, seen all at once."""

import numpy as np
import numpy.typing as npt

__all__ = ["are_records", "are_utf8"]

_QUOTE = ord('"')


def are_records(
    data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], delimiter: int, width: int
) -> npt.NDArray[np.bool_]:
    """Which lines are, seen alone, records of the right width with every quote in its place and no NUL."""
    marks = np.flatnonzero(data == delimiter)
    clean = np.asarray(ends - starts > width - 1)  # a line of bare delimiters is blank
    quotes = np.flatnonzero(data == _QUOTE)
    if len(quotes):
        line_of = np.searchsorted(ends, quotes, side="left")
        first = np.searchsorted(quotes, starts)
        opening = (np.arange(len(quotes)) - first[line_of]) % 2 == 0
        before = np.where(quotes > starts[line_of], data[np.maximum(quotes - 1, 0)], delimiter)
        after = np.where(quotes + 1 < ends[line_of], data[np.minimum(quotes + 1, len(data) - 1)], delimiter)
        doubled = np.zeros(len(quotes), bool)  # an opening quote right after a closing one continues the cell
        doubled[1:] = opening[1:] & (quotes[1:] == quotes[:-1] + 1) & (line_of[1:] == line_of[:-1])
        right = np.where(opening, doubled | (before == delimiter), (after == delimiter) | (after == _QUOTE))
        clean[line_of[~right]] = False
        counts = np.searchsorted(quotes, ends) - first
        clean &= counts % 2 == 0
        home = np.searchsorted(ends, marks, side="left")
        inside = (np.searchsorted(quotes, marks) - first[np.minimum(home, len(first) - 1)]) % 2 == 1
        marks = marks[~inside]
    found = np.searchsorted(marks, ends) - np.searchsorted(marks, starts)
    clean &= found == width - 1
    nuls = np.flatnonzero(data == 0)
    clean[np.searchsorted(ends, nuls, side="left")] = False
    return clean


def are_utf8(block: bytes, starts: npt.NDArray[np.int64], stops: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which lines are valid UTF-8."""
    pieces = (block[start:stop] for start, stop in zip(starts, stops, strict=True))
    return np.fromiter((piece.isascii() or _is_utf8(piece) for piece in pieces), bool, len(starts))


def _is_utf8(piece: bytes) -> bool:
    """Whether bytes are valid UTF-8."""
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return True
