"""Recipes: what it takes to ask a stamp's question again, as one word of text that a spreadsheet keeps as it is."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["MOST", "RecipeError", "read", "written"]

MOST: Final = 1_000_000  # characters; a filter may name thousands of segments
_FORM: Final = "1"
_CHECK: Final = 12


class RecipeError(ValueError):
    """A text that is no recipe, or no longer the one that was written."""


def written(facts: Mapping[str, Any]) -> str:
    """Plain values as one word: no comma, quote, blank or sign that a spreadsheet or a CSV reader acts on."""
    plain = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    payload = base64.urlsafe_b64encode(plain).decode().rstrip("=")
    return f"{_FORM}.{payload}.{_check(payload)}"


def read(text: str) -> dict[str, Any]:
    """The values that ``written`` was given; whoever calls decides which of them to believe.

    Raises
    ------
    RecipeError
        The text is longer than any recipe, cut, changed, or of a form that this version does not know.

    """
    parts = text.split(".")
    if len(text) > MOST or len(parts) != 3:  # noqa: PLR2004 - form, payload, check
        raise RecipeError("it is not complete")
    form, payload, check = parts
    if form != _FORM:
        raise RecipeError("a later version wrote it")
    if check != _check(payload):
        raise RecipeError("it was changed or cut")
    try:
        facts = json.loads(base64.b64decode(payload + "=" * (-len(payload) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise RecipeError("it can't be read") from error
    if not isinstance(facts, dict):
        raise RecipeError("it can't be read")
    return facts


def _check(payload: str) -> str:
    return hashlib.sha256(payload.encode()).hexdigest()[:_CHECK]
