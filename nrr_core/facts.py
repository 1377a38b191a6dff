"""Which knobs of a card a dataset can answer: parents, subscriptions, revenue types and currencies that its lines name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from nrr_core.dataset import Dataset, Detail

__all__ = ["Facts", "facts"]

_PARENTS = (
    "ultimate_parent_id", "ultimate_parent_account_id", "ultimate_parent_account", "ultimate_parent", "parent_account_id",
    "parent_customer_id", "parent_company_id", "parent_id", "parent_account", "parent_customer", "parent_company", "parent",
    "group_id", "group_account_id", "customer_group_id", "corporate_group",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """Which knobs of a card a dataset can answer, and why it can't answer the others.

    Attributes
    ----------
    parent
        The dimension that names an account's parent; empty: none.
    subscriptions
        The column that names subscriptions; empty: none.
    revenue_types
        The types that lines can be told apart by; only ``recurring`` where no column says it.
    currencies, base
        The currencies that are converted, and into which; empty where there is one.
    missing
        For a knob (``grain=parent``, ``grain=subscription``, ``revenue_types``, ``fx``), what the dataset lacks and what to do.

    """

    parent: str
    subscriptions: str
    revenue_types: tuple[str, ...]
    currencies: tuple[str, ...]
    base: str
    missing: Mapping[str, str]


def facts(data: Dataset) -> Facts:
    """Which knobs of a card this dataset can answer."""
    detail, parent = data.detail or Detail(), _parent(data)
    missing = {}
    if not parent:
        missing["grain=parent"] = (
            "No column names an account's parent. Add one called “parent_id” (blank for an account by itself) and read the file again."
        )
    if not detail.item_column:
        missing["grain=subscription"] = (
            "No column names subscriptions. Add one called “subscription_id” to the revenue file and read it again."
        )
    if not detail.type_column:
        missing["revenue_types"] = (
            "No column says what kind of revenue a line is, so every line counts as recurring. Add one called “revenue_type” with the "
            "values recurring, usage and one_off, and read the file again."
        )
    if not detail.currencies:
        missing["fx"] = "All amounts are in one currency: nothing is converted, so both values give the same."
    return Facts(
        parent=parent, subscriptions=detail.item_column, revenue_types=tuple(detail.types) or ("recurring",),
        currencies=tuple(detail.currencies), base=detail.base, missing=missing,
    )  # fmt: skip


def _parent(data: Dataset) -> str:
    """The dimension whose name means the parent of an account; the most specific name where there are several."""
    known = {_plain(name): name for name in reversed(data.dimensions)}
    return next((known[name] for name in _PARENTS if name in known), "")


def _plain(name: str) -> str:
    """A column name as it is compared: lower case, words joined by underscores."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.removesuffix(" (account)")).lower()
    return re.sub(r"[^a-z0-9]+", "_", words).strip("_")
