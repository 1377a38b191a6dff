"""Whether a text fits a box: widths of Arial's letters, lines as PowerPoint breaks them, and a cut where it must be."""

import unicodedata
from typing import Final

__all__ = ["LINE", "cut", "height", "lines", "size_for", "width"]

LINE: Final = 1.2  # a line's height as a multiple of its size
_POINTS: Final = 72  # to an inch
_SAFETY: Final = 1.02  # kerning, other renderers
_ASCII: Final = (  # thousandths of the size, from the blank to the tilde
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, *(556,) * 10, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944,
    667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
_ASCII_BOLD: Final = (
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556,
    556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778, 667, 778,
    722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278,
    556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
)  # fmt: skip
_OTHER: Final = 620
_WIDE: Final = 1_000
_PICTURE: Final = 1_400  # emoji
_CAPITAL: Final = 800


def _letter(letter: str, *, bold: bool) -> int:
    code = ord(letter) - 32
    if 0 <= code < len(_ASCII):
        return (_ASCII_BOLD if bold else _ASCII)[code]
    if unicodedata.combining(letter):
        return 0
    if unicodedata.category(letter) == "So":
        return _PICTURE
    if unicodedata.east_asian_width(letter) in {"W", "F"} or letter == "…":
        return _WIDE
    return _CAPITAL if letter.isupper() else _OTHER


def width(text: str, *, size: float, bold: bool = False) -> float:
    """Inches that a text takes on one line."""
    return sum(_letter(letter, bold=bold) for letter in text) / 1000 * size / _POINTS * _SAFETY


def lines(text: str, *, across: float, size: float, bold: bool = False) -> int:
    """Lines that a text takes in a box so many inches wide; a word wider than the box is broken."""
    used, place = 1, 0.0
    blank = width(" ", size=size, bold=bold)
    for word in text.split(" "):
        long = width(word, size=size, bold=bold)
        if place and place + blank + long > across:
            used, place = used + 1, 0.0
        elif place:
            place += blank
        if long > across:
            more = int(long // across)
            used, long = used + more, long - more * across
        place += long
    return used


def height(text: str, *, across: float, size: float, bold: bool = False) -> float:
    """Inches that a text takes from top to bottom."""
    return lines(text, across=across, size=size, bold=bold) * size * LINE / _POINTS


def cut(text: str, *, across: float, size: float, most: int = 1, bold: bool = False) -> str:
    """The text, or as much of it as fits in ``most`` lines, with … at its end."""
    if lines(text, across=across, size=size, bold=bold) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if lines(text[:middle].rstrip() + "…", across=across, size=size, bold=bold) <= most:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


def size_for(texts: list[str], *, across: float, down: float, sizes: tuple[int, ...], gap: float = 0.0, bold: bool = False) -> int:
    """The largest of some sizes in which the paragraphs fit a box, or the smallest."""
    for size in sizes:
        if sum(height(t, across=across, size=size, bold=bold) for t in texts) + gap * max(len(texts) - 1, 0) <= down:
            return size
    return sizes[-1]
