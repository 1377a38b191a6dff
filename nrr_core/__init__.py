"""Net revenue retention that can be proved: import, exact measures, metrics and charts. Knows nothing of the app.

>>> import nrr_core as nrr
>>> data = nrr.read("data/revenue.csv", accounts="data/accounts.csv")
>>> nrr.retention(data, window=12, by="plan", where={"region": ["EMEA"]})  # doctest: +SKIP
"""

from nrr_core import errors
from nrr_core.dataset import Dataset
from nrr_core.definition import STANDARD, Definition
from nrr_core.explore import cohorts, movements, retention
from nrr_core.ledger import accounts, history, sparklines
from nrr_core.metrics import METRICS
from nrr_core.reading import read
from nrr_core.stamp import VERSION as __version__

__all__ = [
    "METRICS",
    "STANDARD",
    "Dataset",
    "Definition",
    "__version__",
    "accounts",
    "cohorts",
    "errors",
    "history",
    "movements",
    "read",
    "retention",
    "sparklines",
]
