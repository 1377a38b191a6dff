"""Which windows a card looks at: how far back, of which it takes the mean, which it multiplies, and which can be measured together."""

from collections.abc import Sequence

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.errors import SelectionError
from nrr_core.periods import Window, month_text
from nrr_core.selection import windows

__all__ = ["averages", "by_length", "factors", "reach", "reached", "told_apart", "windows_of"]


def averages(card: Definition) -> bool:
    """Whether the card takes a mean over several closes; the averaged family does so whatever its average says."""
    return card.average != "none" or card.family == "averaged"


def reach(card: Definition, window: Window) -> int:
    """Months before a window's opening that the card looks at as well."""
    back = window.months - 1 if card.family == "revenue_window" else 0
    return back + (card.average_months - 1 if averages(card) else 0)


def reached(data: Dataset, card: Definition, *, close: str | None = None, fiscal_start: int = 1) -> tuple[Window, ...]:
    """The windows of a card that the data reaches back far enough for; all closes when ``close`` is None.

    Raises
    ------
    SelectionError
        The close does not end such a window, or the card looks back beyond the first month.

    """
    asked = windows(card.window_months, first=data.first, last=data.last, close=close, fiscal_start=fiscal_start)
    found = tuple(w for w in asked if w.open - reach(card, w) >= data.first)
    if close is not None and not found:
        back = asked[0].months + reach(card, asked[0])
        raise SelectionError(
            f"This definition looks back {back} months from {close}, and the data begins in {month_text(data.first)}. "
            "Choose a later close, a shorter window or another definition."
        )
    return found


def windows_of(card: Definition, window: Window) -> tuple[Window, ...]:
    """The windows whose ratios a value is the mean of, its own first; that window alone where the card takes no mean."""
    if not averages(card):
        return (window,)
    months = card.months
    return tuple(Window(window.close - back - months, window.close - back) for back in range(card.average_months))


def factors(card: Definition, window: Window) -> tuple[Window, ...]:
    """The windows whose ratios are multiplied: every month of a chain, else the window itself."""
    return tuple(Window(close - 1, close) for close in range(window.open + 1, window.close + 1)) if card.family == "chained" else (window,)


def told_apart(card: Definition, factor: Window) -> tuple[range | tuple[int, ...], tuple[int, ...]]:
    """The months in which accounts are told apart by segment for one factor; and those in which the segment may be the last before."""
    if card.family == "revenue_window":
        return (factor.open - factor.months + 1,), ()
    settled = (factor.close,) if card.segment_as_of == "close" else ()
    return range(factor.open, factor.close + 1) if card.family == "movements" else (factor.open, factor.close), settled


def by_length(asked: Sequence[Window], places: Sequence[int]) -> list[list[int]]:
    """Places of windows, those of one length together."""
    parts: dict[int, list[int]] = {}
    for place in places:
        parts.setdefault(asked[place].months, []).append(place)
    return list(parts.values())
