"""What a page of a pack is: sentences with their figures, a chart, a table. Nothing is computed or drawn here."""

import re
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Chart", "Column", "Figure", "Page", "Row", "Sentence", "Series", "Table", "Value", "quoted", "say"]

Value = Decimal | float | int | str | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A computed value and how people read it.

    ``unit`` is ``money``, ``ratio`` (1.0 = unchanged), ``points`` (a difference of ratios), ``count``, ``number``,
    ``month``, ``name`` (from the data) or ``text`` (from the card or the stamp).
    """

    label: str
    text: str
    value: Value
    unit: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A statement, the figures in it, and the questions that were asked for them."""

    text: str
    figures: tuple[Figure, ...] = ()
    source: str = ""


def say(template: str, /, *, source: str = "", **figures: Figure) -> Sentence:
    """A sentence from a template whose every figure is named: ``say("NRR is {nrr}", nrr=…)``."""
    return Sentence(template.format(**{name: figure.text for name, figure in figures.items()}), tuple(figures.values()), source)


def quoted(text: str, candidates: list[Figure], *, source: str = "") -> Sentence:
    """A sentence made elsewhere from the same tables, with those of the candidate figures that it holds."""
    return Sentence(text, tuple(figure for figure in candidates if figure.text and _stands_in(figure.text, text)), source)


def _stands_in(part: str, text: str) -> bool:
    """Whether a figure's text stands by itself in a sentence: ``$1`` is not in ``$1.03M``, ``5.0%`` not in ``15.0%``."""
    return re.search(rf"(?<!\w)(?<!\d[.,]){re.escape(part)}(?!\w|[.,]\d)", text) is not None


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a chart; ``tones`` colours single points, ``tone`` the rest."""

    name: str
    figures: tuple[Figure, ...]
    tone: str = "accent"
    tones: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[float | None, ...]:
        """Floats for drawing, None where there is no value."""
        return tuple(None if f.value is None or isinstance(f.value, str) else float(f.value) for f in self.figures)


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart to be drawn natively.

    ``kind``: ``waterfall`` (one series; tone ``total`` stands on the ground, ``gain`` and ``loss`` hang from the step
    before), ``line``, ``bar`` (lying, first category on top) or ``stacked`` (columns). ``unit`` is its figures' unit.
    """

    kind: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str
    prefix: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; ``align`` is ``left`` or ``right``."""

    name: str
    align: str = "right"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; ``tone`` is empty, ``total`` (bold) or ``muted``; ``tones`` colours cells: ``gain``, ``loss`` or empty."""

    cells: tuple[Figure, ...]
    tone: str = ""
    tones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table of at most ten rows; as ``cards`` its first row is written large. ``lines`` a cell may take."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    cards: bool = False
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Page:
    """One page: a title that states the finding, and what it rests on. Every renderer takes this and nothing else."""

    kind: str
    title: Sentence
    subtitle: Sentence | None = None
    bullets: tuple[Sentence, ...] = ()
    chart: Chart | None = None
    table: Table | None = None
    footnote: Sentence | None = None

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """Every statement of the page, from the top."""
        return tuple(s for s in (self.title, self.subtitle, *self.bullets, self.footnote) if s is not None)
