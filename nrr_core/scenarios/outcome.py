"""From a book and a pace to what every window that closes in a projected month will hold, under the book's card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nrr_core.engine import Integers
from nrr_core.families import Answer, Quotient, Ratio, reach
from nrr_core.periods import Window
from nrr_core.scenarios.ahead import Model, answer
from nrr_core.scenarios.book import Book
from nrr_core.scenarios.decisions import Path
from nrr_core.scenarios.pace import Pace
from nrr_core.scenarios.past import first_of

__all__ = ["End", "Outcome", "ending", "outcome"]

Known = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a path leads to: segments (row 0 the total) by projected month, money in ten-thousandths, accounts in millionths.

    ``trailing``: the card's window that closes in the month; ``known`` says whether the data reaches back as far as the card looks.
    ``period``: the window that opens at the start and closes in the month, without an average; ``period_known`` the same of it.
    ``mrr``: what the accounts that pay at the start pay in the month, whatever the card counts.
    """

    trailing: Answer[Ratio]
    period: Answer[Ratio]
    mrr: Integers
    known: Known
    period_known: Known

    @property
    def end(self) -> "End":
        """The total of the last period."""
        return _end(self.period, self.mrr, known=bool(self.period_known[-1]))


@dataclass(frozen=True, eq=False)
class End:
    """The total of one period: what today's accounts pay at its close, its ratios, and what NRR is the product of.

    ``factors`` are pairs of sums, above and below the line; ``known`` says whether the data reaches back as far as the card looks.
    """

    mrr: int
    ratios: Mapping[str, float]
    factors: tuple[tuple[int, int], ...]
    known: bool = True


def outcome(book: Book, pace: Pace, paths: Sequence[Path] = ()) -> Outcome:
    """Windows under a pace, with the accounts that were decided about on paths of their own."""
    model, start = Model(book, pace, paths), book.start
    months = range(1, model.horizon + 1)
    period = [Window(start, start + month) for month in months]
    asked = [Window(start + month - book.card.months, start + month) for month in months]
    begun = [first_of(book.card, window) >= book.data.first for window in asked]
    trailing = [window if reached else whole for window, whole, reached in zip(asked, period, begun, strict=True)]
    return Outcome(
        trailing=answer(model, trailing),
        period=answer(model, period, averaged=False),
        mrr=_today(model, np.array(months)),
        known=np.array([window.open - reach(book.card, window) >= book.data.first for window in asked]),
        period_known=np.array([first_of(book.card, window) >= book.data.first for window in period]),
    )


def ending(book: Book, pace: Pace, paths: Sequence[Path] = (), *, month: int) -> End:
    """The total of the period that closes in one projected month: the same numbers as ``outcome``, for searches."""
    model, window = Model(book, pace, paths), Window(book.start, book.start + month)
    known = first_of(book.card, window) >= book.data.first
    return _end(answer(model, [window], averaged=False), _today(model, np.array([month])), known=known)


def _end(found: Answer[Ratio], mrr: Integers, *, known: bool) -> End:
    ratios = {name: float(ratio.values()[0, -1]) if known else float("nan") for name, ratio in found.ratios.items()}
    nrr = found.ratios["nrr"]
    if not isinstance(nrr, Quotient):
        raise TypeError(nrr)  # a period has no average
    return End(int(mrr[0, -1]), ratios, tuple(zip(nrr.over[:, 0, -1].tolist(), nrr.under[:, 0, -1].tolist(), strict=True)), known)


def _today(model: Model, months: Integers) -> Integers:
    """What today's accounts pay in projected months, the total first."""
    sums = model.today(months)
    for path, courses in model.paths:
        if path.home >= 0 and path.now:
            for place, month in enumerate(months.tolist()):
                sums[path.home, place] += round(sum(one.chance * int(one.mrr[month]) for one in courses))
    return np.concatenate([sums.sum(axis=0, keepdims=True), sums])
