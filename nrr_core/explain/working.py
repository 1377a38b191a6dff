"""Working: the calculation of one NRR written out with its own figures, in the form its family has."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.families import Mean, Quotient, answer, reached
from nrr_core.formats import percent_text
from nrr_core.measures.grids import Grid
from nrr_core.periods import month_text
from nrr_core.schema import money
from nrr_core.selection import Filter

__all__ = ["Amount", "plain_amount", "working"]

Amount = Callable[[Decimal], str]


def plain_amount(amount: Decimal) -> str:
    """An amount in full, without decimals that say nothing."""
    return f"{amount.normalize():,f}"


def working(
    data: Dataset, *, card: Definition, close: str | None = None, where: Filter = None, fiscal_start: int = 1, amount: Amount = plain_amount
) -> str:
    """How the NRR of one close comes about: ``(200 + 50 − 50 − 0) ÷ 200``.

    Parameters
    ----------
    data, card, where, fiscal_start
        As in ``retention``.
    close
        ``YYYY-MM``; default: the last month of the data.
    amount
        How an amount is written, in currency units of the card's measure (MRR or ARR).

    Returns
    -------
    str
        Amounts over the opening; the values multiplied, of a product; the values averaged, of a mean, each with its opening
        where that is its weight. Empty where there is no NRR.

    Raises
    ------
    SelectionError, DefinitionError
        As in ``retention``.

    """
    asked = reached(data, card, close=close or month_text(data.last), fiscal_start=fiscal_start)
    found, _ = answer(data, card, asked, where=where)
    ratio = found.ratios.get("nrr")

    def told(units: int) -> str:
        return amount(money(units * card.factor))

    if ratio is None or ratio.exact(0, 0) is None:
        return ""
    if isinstance(ratio, Mean):
        return _mean(ratio, told)
    if not isinstance(ratio, Quotient):
        raise TypeError(ratio)
    return _quotient(ratio, {} if card.family == "revenue_window" else found.grid, told)


def _quotient(ratio: Quotient, grid: Grid, told: Callable[[int], str]) -> str:
    """A product of several values; or one sum over another, by its parts where ``grid`` has them."""
    terms = list(zip(ratio.over[:, 0, 0].tolist(), ratio.under[:, 0, 0].tolist(), strict=True))
    if len(terms) > 1:
        return " × ".join(percent_text(over / under) for over, under in terms)
    over, under = terms[0]
    if not grid:
        return f"{told(over)} ÷ {told(under)}"
    flows = {name: int(grid[f"{name}_mrr"][0, 0]) for name in ("opening", "expansion", "contraction", "churn")}
    returned = over - (flows["opening"] + flows["expansion"] - flows["contraction"] - flows["churn"])
    back = f" + {told(returned)} returned" if returned else ""
    written = {name: told(value) for name, value in flows.items()}
    return f"({written['opening']} + {written['expansion']} − {written['contraction']} − {written['churn']}{back}) ÷ {written['opening']}"


def _mean(ratio: Mean, told: Callable[[int], str]) -> str:
    """The values of the mean, the last close first."""
    places = ratio.places[0].tolist()
    values = [ratio.ratio.exact(0, place) for place in places]
    if len(values) == 1:
        return _percent(values[0])
    if ratio.weights is None:
        return f"({' + '.join(_percent(value) for value in values)}) ÷ {len(values)}"
    weighed = [(value, int(ratio.weights[0, place])) for value, place in zip(values, places, strict=True)]
    counted = [(value, weight) for value, weight in weighed if weight]
    terms = " + ".join(f"{_percent(value)} × {told(weight)}" for value, weight in counted)
    return f"({terms}) ÷ {told(sum(weight for _, weight in counted))}"


def _percent(value: Fraction | None) -> str:
    return percent_text(None if value is None else float(value))
