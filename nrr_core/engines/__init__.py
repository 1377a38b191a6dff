"""Engines that run the model's statements: one module each, named in ``ENGINES``."""

from nrr_core.engines.derive import Derivation, Ground, derive, ground
from nrr_core.engines.duckdb import open_dataset

__all__ = ["ENGINES", "Derivation", "Ground", "derive", "ground", "open_dataset"]

ENGINES = {"duckdb": open_dataset}
