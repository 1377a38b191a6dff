"""The opening accounts of one window, one by one: what each paid at both ends, and the attributes it had."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nrr_core.dataset import Axis, Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.engine import Integers
from nrr_core.errors import DefinitionError, SelectionError
from nrr_core.ledger import segment_profiles
from nrr_core.ledgers import under
from nrr_core.periods import Window, month_text
from nrr_core.rollups import added
from nrr_core.selection import windows

__all__ = [
    "Base", "by_account", "chosen_of", "dimension", "opening_accounts", "require_point_to_point", "unfit", "window_of",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Base:
    """The accounts that paid at the open of a window; arrays of one length, money in ten-thousandths.

    ``data`` is the card's ledger. ``profile`` is the profile by which an account belongs to segments, as the card reads
    attributes; ``opened`` that at the open, ``shut`` that at the close, −1 for accounts that left.
    """

    data: Dataset = field(repr=False)
    window: Window
    account: Integers
    opening: Integers
    closing: Integers
    profile: Integers
    opened: Integers
    shut: Integers

    @property
    def change(self) -> Integers:
        """Closing less opening."""
        return self.closing - self.opening

    @property
    def gained(self) -> Integers:
        """Expansion of each account."""
        return np.maximum(self.change, 0)

    @property
    def shrunk(self) -> Integers:
        """Contraction of each account, positive."""
        return np.where(self.closing > 0, np.maximum(-self.change, 0), 0)

    @property
    def left(self) -> Integers:
        """Churn of each account, positive."""
        return np.where(self.closing == 0, self.opening, 0)

    def codes(self, axis: Axis | None) -> Integers:
        """The segment of each account as an index into the axis; 0 for all without an axis."""
        return np.zeros(len(self.account), dtype=np.int64) if axis is None else axis.codes[self.profile].astype(np.int64)

    def summed(self, values: Integers, codes: Integers, size: int) -> Integers:
        """Values of the accounts added up by segment, exactly."""
        return added(values, codes, size=size)


def window_of(data: Dataset, *, window: int | str | None, close: str | None, card: Definition, fiscal_start: int = 1) -> Window:
    """The window a question is about; default: the card's, closing in the last month of the data."""
    return windows(
        card.over(window).window_months, first=data.first, last=data.last, close=close or month_text(data.last), fiscal_start=fiscal_start
    )[0]


def opening_accounts(data: Dataset, window: Window, *, where: Mapping[str, Sequence[str]], card: Definition) -> Base:
    """The accounts that paid at the open of a window and that a filter selects as of then, in the card's own ledger."""
    data = under(data, card, opening=window.open)
    found = data.engine.query("accounts", parameters={"open": window.open, "close": window.close})
    opening, closing = (found[f"{end}_mrr"].astype(np.int64) for end in ("opening", "closing"))
    opened, shut = (np.ma.filled(found[f"{end}_profile"], -1).astype(np.int64) for end in ("open", "close"))
    profile = segment_profiles(found, card)
    base = np.flatnonzero((opening > 0) & (opening >= card.min_opening_mrr))
    base = base[data.mask(dict(where))[profile[base]]] if len(base) else base
    base = base[np.argsort(found["account"][base], kind="stable")]
    account = found["account"][base].astype(np.int64)
    return Base(data, window, account, opening[base], closing[base], profile[base], opened[base], shut[base])


def by_account(base: Base, accounts: Any, values: Any, missing: int) -> Integers:
    """A value for each account of the base from another statement's rows, ``missing`` where it has none."""
    found = np.full(len(base.account), missing, dtype=np.int64)
    if not len(base.account) or not len(accounts):
        return found
    place = np.minimum(np.searchsorted(base.account, accounts), len(base.account) - 1)
    held = base.account[place] == accounts
    found[place[held]] = np.asarray(values)[held]
    return found


def chosen_of(axis: Axis, *, without: int | None = None) -> dict[str, Any]:
    """Every profile with its segment of a dimension, for statements that take ``chosen``; ``without`` leaves one segment out."""
    keep = np.arange(len(axis.codes)) if without is None else np.flatnonzero(axis.codes != without)
    return {"profile": keep.astype(np.int32), "segment": axis.codes[keep].astype(np.int32)}


def unfit(card: Definition) -> list[str]:
    """The knobs by which a card's NRR is not opening against closing of the same accounts; its ledger may be any."""
    wrong = {"family": card.family != "point_to_point", "returns": card.returns == "all", "average": card.average != "none"}
    return [name for name, is_wrong in wrong.items() if is_wrong]


def require_point_to_point(card: Definition) -> None:
    """Refuse a card that is ``unfit``, by the name of its first such knob."""
    for name in unfit(card):
        raise DefinitionError(
            f"{name} = {getattr(card, name)!r} is not available here: this is about opening against closing of the same accounts, as "
            f"{name} = {getattr(STANDARD, name)!r} has it. Choose a card of that kind."
        )


def dimension(data: Dataset, by: str | None) -> Axis | None:
    """The axis of a dimension that may be left out."""
    if by is not None and not isinstance(by, str):
        raise SelectionError("Name one dimension, or none.")
    return None if by is None else data.axis(by)
