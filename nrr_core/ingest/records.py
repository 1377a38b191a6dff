"""One physical line to cells, strictly or with a stray quote forgiven; and cells back to a line."""

from collections.abc import Sequence

__all__ = ["joined", "split_lenient", "split_literal", "split_strict"]


def split_strict(text: str, delimiter: str, quote: str = '"') -> list[str] | None:
    """Cells of one record where every quote opens or closes a cell or is doubled; None where one does not."""
    if quote not in text:
        return text.split(delimiter)
    cells: list[str] = []
    at, size, step = 0, len(text), len(delimiter)
    while True:
        if text.startswith(quote, at):
            end = at + 1
            while True:
                end = text.find(quote, end)
                if end < 0:
                    return None
                if not text.startswith(quote, end + 1):
                    break
                end += 2
            cells.append(text[at + 1 : end].replace(quote * 2, quote))
            at = end + 1
            if at < size and not text.startswith(delimiter, at):
                return None
        else:
            end = text.find(delimiter, at)
            end = size if end < 0 else end
            if quote in text[at:end]:
                return None
            cells.append(text[at:end])
            at = end
        if at >= size:
            return cells
        at += step


def split_lenient(text: str, delimiter: str, quote: str = '"') -> list[str] | None:
    """Cells of one line in which quotes inside a cell are letters; None where an opening quote is never closed.

    A quote opens only at the start of a cell (spaces before it are allowed) and closes only before a delimiter.
    """
    cells: list[str] = []
    at, size, step = 0, len(text), len(delimiter)
    while True:
        start = at
        while text.startswith(" ", start) and delimiter != " ":
            start += 1
        if text.startswith(quote, start):
            end = text.find(quote, start + 1)
            while end >= 0 and not (not text[end + 1 :].strip(" ") or text[end + 1 :].lstrip(" ").startswith(delimiter)):
                end = text.find(quote, end + (2 if text.startswith(quote, end + 1) else 1))
            if end < 0:
                return None
            cells.append(text[start + 1 : end].replace(quote * 2, quote))
            at = text.find(delimiter, end + 1)
        else:
            at = text.find(delimiter, start)
            cells.append(text[start : size if at < 0 else at])
        if at < 0:
            return cells
        at += step


def split_literal(text: str, delimiter: str) -> list[str]:
    """Cells of one line in which quotes mean nothing at all."""
    return text.split(delimiter)


def joined(cells: Sequence[str | None], delimiter: str) -> str:
    """Cells as one line, quoted where they must be."""
    out = []
    for cell in cells:
        text = "" if cell is None else cell
        if delimiter in text or '"' in text or "\n" in text or "\r" in text:
            text = '"' + text.replace('"', '""') + '"'
        out.append(text)
    return delimiter.join(out)
