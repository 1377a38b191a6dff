"""What of a dataset somebody is shown: their own accounts under the row rule, or a copy with pseudonyms."""

import secrets
from collections.abc import Sequence
from hashlib import sha256

from nrr_core.errors import AccessError, StoreError
from nrr_core.model.canonical import Part, Recipe

__all__ = ["own", "pseudonymous"]


def own(recipe: Recipe, dimension: str, segment: str) -> Part:
    """The part of a dataset whose accounts belong to one owner; a dataset without the dimension has none."""
    key = next((c.key for c in recipe.columns if c.name == dimension), None)
    if key is None:
        raise AccessError(f"You see only your own accounts, and this dataset has no column “{dimension}”. Ask an owner of the workspace.")
    return Part(
        sha256=sha256(f"{recipe.facts['sha256']}/{key}/{segment}".encode()).hexdigest(),
        said=f"the accounts whose {dimension} is {segment}",
        keep=(key, segment),
    )


def pseudonymous(recipe: Recipe, keep: Sequence[str]) -> Part:
    """All accounts under pseudonyms, with only the dimensions in ``keep``."""
    unknown = [k for k in keep if k not in {c.name for c in recipe.columns}]
    if unknown:
        raise StoreError(f"There is no dimension “{unknown[0]}” to keep.")
    return Part(
        sha256=sha256(f"{recipe.facts['sha256']}/snapshot/{secrets.token_hex(16)}".encode()).hexdigest(),
        said="a copy with pseudonyms instead of account ids",
        secret=secrets.token_hex(32),
        without=tuple(c.key for c in recipe.columns if c.name not in keep),
    )
