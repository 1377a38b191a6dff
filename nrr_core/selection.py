"""A selection: which windows, segments and filters a question is about. Frozen and hashable; it is the cache key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import SelectionError, nearest
from nrr_core.periods import WINDOWS, Window, month_text, parse_month, period_end

__all__ = ["WINDOWS", "Filter", "Selection", "Where", "frozen_where", "windows"]

Filter = Mapping[str, Sequence[str]] | None  # by dimension, the segments to keep; as it is asked
Where = tuple[tuple[str, tuple[str, ...]], ...]  # the same as it is kept


def frozen_where(where: Filter) -> Where:
    """A filter in one canonical, hashable form: sorted, without empty entries."""
    listed = {k: ((v,) if isinstance(v, str) else tuple(v)) for k, v in (where or {}).items()}
    return tuple(sorted((k, tuple(sorted(set(v)))) for k, v in listed.items() if v))


def windows(
    window: int | str, *, first: int, last: int, close: str | None = None, fiscal_start: int = 1, before: bool = False
) -> tuple[Window, ...]:
    """The windows of one kind that lie within the data.

    Parameters
    ----------
    window
        A length in months, or one of ``WINDOWS``: whole fiscal quarters or years, or the part of them up to each month.
    first, last
        First and last month of the data.
    close
        ``YYYY-MM`` for that one close; None for every close.
    fiscal_start
        Month (1–12) in which the fiscal year begins.
    before
        Allow windows that open right before the first month, where nothing is paid yet (movements do).

    Raises
    ------
    SelectionError
        An unknown window, or a close that is not within the data or does not end such a window.

    """
    if not 1 <= fiscal_start <= 12:  # noqa: PLR2004 - months of a year
        raise SelectionError(f"A fiscal year begins in month 1 to 12, not {fiscal_start}.")
    found = [w for c in range(first, last + 1) if (w := _ending(window, c, fiscal_start))]
    found = [w for w in found if w.open >= first - (1 if before else 0)]
    if close is None:
        return tuple(found)
    month = parse_month(close)
    for w in found:
        if w.close == month:
            return (w,)
    if not found:
        raise SelectionError(
            f"The data covers {month_text(first)} to {month_text(last)}, which is shorter than one such window. Choose a shorter window."
        )
    raise SelectionError(
        f"No window of this kind closes in {close}. The first closes in {month_text(found[0].close)}, "
        f"the last in {month_text(found[-1].close)}."
    )


def _ending(window: int | str, close: int, fiscal_start: int) -> Window | None:
    """The window of this kind that closes in a month, or None where there is none."""
    if isinstance(window, int) and not isinstance(window, bool):
        if window < 1:
            raise SelectionError(f"A window has at least 1 month, not {window}.")
        return Window(close - window, close)
    if window not in WINDOWS:
        raise SelectionError(
            f"“{window}” is not a window: a number of months or one of {', '.join(WINDOWS)}.{nearest(str(window), WINDOWS)}"
        )
    length = 3 if str(window).startswith("quarter") else 12
    end = period_end(close, length=length, fiscal_start=fiscal_start)
    if str(window).endswith("to_date"):
        return Window(end - length, close)
    return Window(close - length, close) if end == close else None


@dataclass(frozen=True, slots=True)
class Selection:
    """Everything a page asks about, apart from the dataset: one value that fits in a URL."""

    window: int | str = 12
    close: str | None = None
    by: tuple[str, ...] = ()
    where: Where = ()
    fiscal_start: int = 1
    card: Definition = STANDARD
