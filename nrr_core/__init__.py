"""Net revenue retention that can be proved: import, exact measures, metrics and charts. Knows nothing of the app.

>>> import nrr_core as nrr
>>> data = nrr.read("data/revenue.csv", accounts="data/accounts.csv")
>>> year = nrr.retention(data, window=12, by="size", where={"region": ["EMEA"]}, close="2025-12")
>>> year.segment.tolist()
['(all)', 'Enterprise', 'Mid-Market', 'SMB']

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nrr_core import errors, explain, scenarios
    from nrr_core.dataset import Dataset
    from nrr_core.definition import STANDARD, Definition
    from nrr_core.explain.reconcile import reconcile
    from nrr_core.explore.cohorts import cohorts
    from nrr_core.explore.movements import movements
    from nrr_core.explore.retention import retention
    from nrr_core.ledger import accounts, history, sparklines
    from nrr_core.metrics import METRICS
    from nrr_core.presets import PRESETS, preset
    from nrr_core.reading import read
    from nrr_core.scenarios import Decision, Lever, Scenario, project
    from nrr_core.verification import verify

__version__ = "0.2.0"

__all__ = [
    "METRICS",
    "PRESETS",
    "STANDARD",
    "Dataset",
    "Decision",
    "Definition",
    "Lever",
    "Scenario",
    "__version__",
    "accounts",
    "cohorts",
    "errors",
    "explain",
    "history",
    "movements",
    "preset",
    "project",
    "read",
    "reconcile",
    "retention",
    "scenarios",
    "sparklines",
    "verify",
]

_HOMES = {
    "METRICS": "metrics",
    "PRESETS": "presets",
    "STANDARD": "definition",
    "Dataset": "dataset",
    "Decision": "scenarios",
    "Definition": "definition",
    "Lever": "scenarios",
    "Scenario": "scenarios",
    "accounts": "ledger",
    "cohorts": "explore",
    "history": "ledger",
    "movements": "explore",
    "preset": "presets",
    "project": "scenarios",
    "read": "reading",
    "reconcile": "explain",
    "retention": "explore",
    "sparklines": "ledger",
    "verify": "verification",
}


def __getattr__(name: str) -> Any:
    if name in {"errors", "explain", "scenarios"}:
        return import_module(f"nrr_core.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'nrr_core' has no attribute {name!r}")
    value = getattr(import_module(f"nrr_core.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
