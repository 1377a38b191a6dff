"""NRR of draws under any card: how a family reads the MRR that a simulation found.

Draws know what accounts pay month by month, not which of it came back. Where a card tells that apart, what comes back is taken at its
expected value: the draws' ratio is shifted, or a chain's scaled, by the projection's difference between the two ways to count.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from nrr_core.definition import Definition
from nrr_core.families import averages
from nrr_core.metrics import ratio
from nrr_core.periods import Window
from nrr_core.scenarios.ahead import FAMILIES, Model
from nrr_core.scenarios.past import FLOWS, first_of, plain
from nrr_core.schema import UNIT

__all__ = ["spread"]

Floats = npt.NDArray[np.float64]
_SIGN: Final = {"expansion_mrr": 1, "contraction_mrr": -1, "churn_mrr": -1, "returned_mrr": 1}


def spread(model: Model, sums: Floats) -> dict[str, Floats]:
    """NRR of the card's windows and since the start, and MRR of today's accounts: months × draws.

    ``sums`` is MRR by the columns of ``Roster.member``, months 0 … horizon and draws.
    """
    book, months = model.book, range(1, model.horizon + 1)
    draws = _Draws(model, sums)
    trailing = [Window(book.start + month - book.card.months, book.start + month) for month in months]
    period = [Window(book.start, book.start + month) for month in months]
    nrr, opening = draws.measured(trailing)
    return {
        "nrr": _averaged(model, nrr, opening) if averages(book.card) else nrr,
        "period_nrr": draws.measured(period)[0],
        "mrr": sums[-1, 1:],
    }


class _Draws:
    """MRR of draws, by the sums that windows need."""

    def __init__(self, model: Model, sums: Floats) -> None:
        self.model, self.sums = model, sums
        self.openings = model.book.opening_mrr.sum(axis=0)
        self.columns = len(self.openings)
        self.own = sums[: self.columns]
        joined = model.book.standing.back is not None or model.book.standing.others is not None
        self.joined = sums[self.columns : 2 * self.columns] if joined else self.own
        self.counted = self.own[-1]  # who counts at the start, in every month

    def measured(self, windows: Sequence[Window]) -> tuple[Floats, Floats]:
        """NRR and opening MRR of windows, without an average: windows × draws."""
        book = self.model.book
        read = {"movements": self._movements, "chained": self._chained, "revenue_window": self._revenue}
        nrr, opening = read.get(plain(book.card).family, self._point_to_point)(windows)
        nrr[[first_of(book.card, window) < book.data.first for window in windows]] = np.nan
        return nrr, opening

    def _both_ends(self, windows: Sequence[Window]) -> tuple[Floats, Floats]:
        """What opening accounts pay at the close, per unit they pay at the opening; of windows that open ahead, all of today's."""
        spans = self.model.spans(windows)
        closing, opening = np.empty((len(windows), self.sums.shape[2])), np.empty((len(windows), self.sums.shape[2]))
        for place, opened, closed, column in spans:
            closing[place] = (self.joined if self.model.book.standing.back is not None else self.own)[column, closed]
            opening[place] = self.openings[column] / UNIT
            if opened > 0:
                closing[place], opening[place] = self.counted[closed], self.counted[opened]
        return ratio(closing, opening), opening

    def _point_to_point(self, windows: Sequence[Window]) -> tuple[Floats, Floats]:
        """Both ends; of windows that open ahead, others' returns after it are taken out at their expected share."""
        nrr, opening = self._both_ends(windows)
        spans = self.model.spans(windows)
        if len(spans.ahead) and self.model.pace.back.any():
            today, ahead = self._today(), [windows[place] for place in spans.ahead.tolist()]
            every = ratio(today[spans.closed[spans.ahead]], today[spans.opened[spans.ahead]])
            nrr[spans.ahead] *= _scale(self._expected(ahead), every)
        return nrr, opening

    def _movements(self, windows: Sequence[Window]) -> tuple[Floats, Floats]:
        """The net of all movements; those that came back as the card counts them."""
        book = self.model.book
        nrr, opening = self._both_ends(windows)
        everybody = book.card.population == "all" and book.past.others is not None
        spans = self.model.spans(windows)
        if everybody:
            moved = sum(_SIGN[name] * (book.past.others or {})[name].sum(axis=0) for name in FLOWS)
            for place, opened, closed, column in spans:
                if opened <= 0:
                    more = self.joined[column, closed] - self.own[column, closed] - self.joined[column, 0] + self.own[column, 0]
                    nrr[place] += ratio(more + moved[column] / UNIT, opening[place])
        nearest = replace(book.card, population="all" if everybody else "opening", returns="all" if everybody else "opening")
        return nrr + (self._expected(windows) - self._nearest(windows, nearest))[:, None], opening

    def _nearest(self, windows: Sequence[Window], card: Definition) -> Floats:
        """The projection of what is read off the draws: movements as ``card`` counts them, and of windows ahead all of today's."""
        spans, today = self.model.spans(windows), self._today()
        found = FAMILIES["movements"](self.model.under(card), windows).ratios["nrr"].values()[0]
        return np.where(spans.opened > 0, ratio(today[spans.closed], today[np.maximum(spans.opened, 0)]), found)

    def _expected(self, windows: Sequence[Window]) -> Floats:
        """The projection's NRR, in total."""
        found: Floats = FAMILIES[plain(self.model.book.card).family](self.model, windows).ratios["nrr"].values()[0]
        return found

    def _today(self) -> Floats:
        """What the accounts that count at the start are expected to pay, months 0 … horizon."""
        start = self.model.book.start
        alone = self.model.under(replace(self.model.book.card, returns="separate"))
        windows = [Window(start, start + month) for month in range(1, self.model.horizon + 1)]
        found = FAMILIES["point_to_point"](alone, windows).grid
        today: Floats = np.concatenate([found["opening_mrr"][0, :1], found["closing_mrr"][0]]).astype(np.float64)
        return today

    def _chained(self, windows: Sequence[Window]) -> tuple[Floats, Floats]:
        """The product of monthly ratios, each as far from the projection's as the draw's MRR is."""
        model, start = self.model, self.model.book.start
        months = [Window(start + month, start + month + 1) for month in range(model.horizon)]
        expected = FAMILIES["point_to_point"](model, months).ratios["nrr"].values()[0]
        today = self._today()
        monthly = ratio(self.counted[1:], self.counted[:-1]) * _scale(expected, ratio(today[1:], today[:-1]))
        past = model.book.past.months
        before = np.ones(0) if past is None else past.ratios["nrr"].values()[0]
        every = np.concatenate([np.repeat(before[:, None], monthly.shape[1], axis=1), monthly])
        begins = start - len(before)
        nrr = np.stack([every[max(w.open, begins) - begins : w.close - begins].prod(axis=0) for w in windows])
        return nrr, self._both_ends(windows)[1]

    def _revenue(self, windows: Sequence[Window]) -> tuple[Floats, Floats]:
        """Sums over months of both halves."""
        book = self.model.book
        earlier, later = (np.zeros((len(windows), self.sums.shape[2])) for _ in range(2))
        for place, window in enumerate(windows):
            first, middle, closed = (month - book.start for month in (first_of(book.card, window), window.open, window.close))
            first = max(first, book.since - book.start)
            past = (book.past.revenues or {}).get((window.open, window.close), {})
            paid = self.counted if first > 0 else self.own[first + self.columns - 1]
            begins = max(first, 1)
            earlier[place] = paid[begins : max(middle + 1, begins)].sum(axis=0) + (past["earlier"].sum() / UNIT if past else 0.0)
            later[place] = paid[max(middle + 1, begins) : closed + 1].sum(axis=0) + (past["later"].sum() / UNIT if past else 0.0)
        return ratio(later, earlier), earlier


def _scale(expected: Floats, every: Floats) -> Floats:
    """What the card counts per unit of what the draws hold, as a column; 1 where there is nothing."""
    found = ratio(expected, every)
    return np.where(np.isnan(found), 1.0, found)[:, None]


def _averaged(model: Model, nrr: Floats, opening: Floats) -> Floats:
    """The mean over several closes, those that have passed as they are known."""
    book, count = model.book, model.book.card.average_months
    past = np.full((count - 1, nrr.shape[1]), np.nan)
    weights = np.zeros_like(past)
    for column, close in enumerate(book.past.closes):
        if book.past.known is not None:
            past[count - 2 - (book.start - close)] = book.past.known.ratios["nrr"].values()[0, column]
            weights[count - 2 - (book.start - close)] = book.past.known.grid["opening_mrr"][0, column] / UNIT
    values, heavy = np.concatenate([past, nrr]), np.concatenate([weights, opening])
    found = np.full_like(nrr, np.nan)
    for month in np.flatnonzero(_reached(model)).tolist():
        terms, weigh = values[month : month + count], heavy[month : month + count]
        weighted = ratio(np.where(weigh > 0, terms * weigh, 0.0).sum(axis=0), weigh.sum(axis=0))
        found[month] = weighted if book.card.average == "weighted" else terms.mean(axis=0)
    return found


def _reached(model: Model) -> npt.NDArray[np.bool_]:
    """Whether the data reaches back for every close that is averaged in a month."""
    book = model.book
    first = [book.start + month + 1 - book.card.average_months + 1 for month in range(model.horizon)]
    return np.array([first_of(book.card, Window(close - book.card.months, close)) >= book.data.first for close in first])
