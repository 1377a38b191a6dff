"""Roles: which dimension holds seats, the plan, the owner or a reason, recognised by its name."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from nrr_core.errors import SelectionError, nearest

__all__ = ["LABELS", "ROLES", "named", "quantity", "role"]

ROLES: Final[Mapping[str, tuple[str, ...]]] = {  # role: names of columns, the best first
    "seats": (
        "seats", "seat_count", "seats_count", "number_of_seats", "num_seats", "paid_seats", "quantity", "qty", "licenses", "licences",
        "license_count", "licence_count", "units", "unit_count", "users", "user_count", "paid_users",
    ),
    "usage": ("usage", "usage_units", "usage_quantity", "units_used", "metered_units", "consumption", "api_calls"),
    "product": ("product", "products", "product_name", "product_id", "product_code", "sku", "item", "item_name", "product_line"),
    "add_on": ("add_on", "add_ons", "addon", "addons", "module", "modules"),
    "plan": ("plan", "plan_name", "tier", "plan_tier", "edition", "package", "subscription_plan", "price_plan"),
    "owner": (
        "owner", "csm", "account_owner", "customer_success_manager", "csm_name", "csm_owner", "owner_name", "account_manager",
        "success_manager",
    ),
    "sales_rep": (
        "sales_rep", "salesrep", "sales_representative", "rep", "seller", "account_executive", "ae", "sold_by", "sales_owner",
        "salesperson",
    ),
    "channel": ("channel", "sales_channel", "acquisition_channel", "lead_source", "source", "acquired_through"),
    "fit": ("fit", "fit_flag", "icp", "icp_fit", "icp_flag", "is_icp", "customer_fit", "fit_score", "good_fit"),
    "reason": (
        "churn_reason", "reason", "cancel_reason", "cancellation_reason", "cancelation_reason", "churn_reason_code", "reason_code",
        "loss_reason", "lost_reason", "downgrade_reason", "contraction_reason", "change_reason",
    ),
}  # fmt: skip
LABELS: Final[Mapping[str, str]] = {
    "seats": "Seats", "usage": "Usage", "product": "Product", "add_on": "Add-on", "plan": "Plan", "owner": "Owner",
    "sales_rep": "Sales rep", "channel": "Channel", "fit": "Fit", "reason": "Reason",
}  # fmt: skip
_QUANTITIES: Final = ("seats", "usage")


class _Named(Protocol):
    """Anything with dimensions."""

    @property
    def dimensions(self) -> tuple[str, ...]: ...


def role(data: _Named, wanted: str) -> str | None:
    """The dimension of a dataset that has a role, or None; of several, the one whose name stands first in ``ROLES``.

    Raises
    ------
    SelectionError
        There is no such role.

    >>> role(type("Data", (), {"dimensions": ("CSM", "Plan name")}), "owner")
    'CSM'
    """
    if wanted not in ROLES:
        raise SelectionError(f"“{wanted}” is not a role: {', '.join(ROLES)}.{nearest(wanted, ROLES)}")
    return named(data.dimensions, wanted)


def named(names: Sequence[str], wanted: str) -> str | None:
    """The name among some that fits a role best, or None."""
    found = {_normal(name): name for name in reversed(names)}
    return next((found[known] for known in ROLES[wanted] if known in found), None)


def quantity(name: str) -> bool:
    """Whether a column of this name counts something that is paid for: seats, licences, units used."""
    return any(_normal(name) in ROLES[one] for one in _QUANTITIES)


def _normal(name: str) -> str:
    """A name as it is compared: lower case, words joined by underscores, without the file it comes from."""
    text = re.sub(r"\s*\(account\)$", "", name.strip())
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower()
    return re.sub(r"[^a-z0-9]+", "_", text).strip("_")
