"""Pages as one long table: every figure with its page, what it is, and its unit."""

from collections.abc import Iterator

import pandas as pd

from nrr_core.formats import plain_text
from nrr_core.report.csv import to_csv
from nrr_core.report.pack.page import Figure, Page
from nrr_core.stamp import Stamp

__all__ = ["figures", "table"]

_WORDS = {"name", "text"}


def figures(page: Page) -> Iterator[Figure]:
    """Every figure of a page: of its sentences, its chart, its table."""
    for sentence in page.sentences:
        yield from sentence.figures
    for series in page.chart.series if page.chart else ():
        yield from series.figures
    for row in page.table.rows if page.table else ():
        yield from (_of_row(row.cells[0], cell) for cell in row.cells)


def _of_row(first: Figure, cell: Figure) -> Figure:
    """A table's figure, named with the row it stands in where the row has a name."""
    label = f"{first.text}: {cell.label}" if first.unit in _WORDS and first is not cell else cell.label
    return Figure(label, cell.text, cell.value, cell.unit)


def table(pages: list[Page], stamp: Stamp) -> bytes:
    """CSV of page, item, value, unit; each figure once a page. Money is exact, ratios have 1.0 = unchanged."""
    seen = dict.fromkeys(
        (page.kind, plain_text(figure.label, limit=200), "" if figure.value is None else figure.value, figure.unit)
        for page in pages
        for figure in figures(page)
        if figure.unit not in _WORDS
    )
    frame = pd.DataFrame(list(seen), columns=["page", "item", "value", "unit"], dtype=object)
    frame.attrs["stamp"] = stamp.as_dict()
    return to_csv(frame)
