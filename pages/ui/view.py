"""A view: everything a page needs to ask its question. Frozen; it holds no widgets."""

from dataclasses import dataclass, replace

from nrr_core import Dataset
from nrr_core.formats import currency_sign
from nrr_core.ledgers import under
from nrr_core.selection import Selection

__all__ = ["MEASURES", "View"]

MEASURES = {"nrr": "NRR", "grr": "GRR", "logo_retention": "Logo retention"}


@dataclass(frozen=True, eq=False)
class View:
    """The dataset, the selection made in the filter row, and the display unit (MRR or ARR)."""

    data: Dataset
    selection: Selection
    unit: str

    @property
    def factor(self) -> int:
        """1 for MRR, 12 for ARR."""
        return 12 if self.unit == "ARR" else 1

    @property
    def currency(self) -> str:
        """Prefix of amounts."""
        return currency_sign(self.data.currency)

    @property
    def ledger(self) -> Dataset:
        """The dataset as the card's ledger has it: its accounts may be parents or subscriptions."""
        return under(self.data, self.selection.card)

    def as_nrr(self) -> "View":
        """The same view; under a renewal rate, under the nearest card that is NRR."""
        return replace(self, selection=replace(self.selection, card=self.selection.card.as_nrr()))

    def by(self, *dimensions: str) -> "View":
        """The same view, by one or two dimensions."""
        return replace(self, selection=replace(self.selection, by=dimensions))

    def where(self, dimension: str, segment: str) -> "View":
        """The same view, narrowed to one segment."""
        kept = dict(self.selection.where) | {dimension: (segment,)}
        return replace(self, selection=replace(self.selection, where=tuple(sorted(kept.items()))))

    def window(self, window: int | str, close: str) -> "View":
        """The same view of another window."""
        return replace(self, selection=replace(self.selection, window=window, close=close))
