"""One cell at a time: amounts and identifiers by our own rules, exactly, never through a float."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from nrr_core.schema import UNIT

__all__ = ["CURRENCIES", "MISSING", "Amount", "NumberStyle", "clean_text", "number_style", "parse_amount"]

CURRENCIES: Final = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "US$": "USD"}
MISSING: Final = frozenset({"n/a", "na", "#n/a", "null", "none", "nil", "-", "--", "–", "—", "tbd", "tba", "unknown", "?"})
_NOT_NUMBERS: Final = frozenset({"nan", "inf", "-inf", "+inf", "infinity", "-infinity"})
_LIMIT: Final = 10**18  # ten-thousandths: DECIMAL(18, 4)
_SPACES: Final = "\u00a0\u202f\u2009\u2007 "
_INVISIBLE: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_GAPS: Final = re.compile(r"\s+")
_CODE: Final = re.compile(r"^(?:([A-Z]{3})\s*)?(.*?)(?:\s*([A-Z]{3}))?$", re.DOTALL)
_NUMBER: Final = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_SCIENTIFIC: Final = re.compile(r"[+-]?\d+(?:\.\d+)?[eE][+-]?\d{1,2}")
_SUFFIX: Final = re.compile(r"(.*\d)\s*([kKmM]|mn|bn)")
_SCALE: Final = {"k": 1_000, "m": 1_000_000, "mn": 1_000_000, "bn": 1_000_000_000}


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount read: ``value`` in ten-thousandths, or None with the ``rule`` that failed and what was expected."""

    value: int | None
    rule: str = ""
    reason: str = ""
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How a column writes its numbers: ``decimal`` is ``.``, ``,`` or None where both readings are plausible."""

    decimal: str | None
    mixed: bool = False
    example: str = ""


def clean_text(text: str) -> str:
    """A name or identifier as it is compared: NFC, no invisible or control characters, single spaces inside."""
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    text = "".join(c if c.isspace() or unicodedata.category(c) != "Cc" else "" for c in text)
    return _GAPS.sub(" ", text).strip()


def _bare(text: str) -> tuple[str, bool, str | None]:
    """Digits and separators of an amount, whether it is negative, and the currency written with it."""
    body = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).replace("\u2212", "-").strip(_SPACES)
    negative, currency = False, None
    if body.startswith("(") and body.endswith(")"):
        body, negative = body[1:-1].strip(_SPACES), True
    for _ in range(2):  # the sign may stand before or after the currency
        if body.startswith("-"):
            body, negative = body[1:].strip(_SPACES), not negative
        elif body.startswith("+"):
            body = body[1:].strip(_SPACES)
        if body.endswith("-") and len(body) > 1:
            body, negative = body[:-1].strip(_SPACES), not negative
        for symbol in ("US$", *"$€£¥₹"):
            if symbol in body and (body.startswith(symbol) or body.endswith(symbol)):
                body, currency = body.removeprefix(symbol).removesuffix(symbol).strip(_SPACES), CURRENCIES[symbol]
        found = _CODE.match(body)
        if found and (found[1] or found[3]) and re.search(r"\d", found[2]):
            currency, body = found[1] or found[3], found[2].strip(_SPACES)
    return body, negative, currency


def number_style(  # noqa: C901 - a vote with a branch for each kind of evidence
    texts: Iterable[str], *, ungrouped: bool = False
) -> NumberStyle:
    """What a column's distinct texts prove about its decimal mark.

    ``ungrouped`` says that whole numbers of four or more digits stand in the column without separators, so that
    its separators cannot be thousands marks.
    """
    point = comma = doubt_point = doubt_comma = 0
    example = ""
    for text in texts:
        body = re.sub(f"[{_SPACES}'’]", "", _bare(text)[0])
        points, commas = body.count("."), body.count(",")
        if points and commas:
            point, comma = (point + 1, comma) if body.rfind(".") > body.rfind(",") else (point, comma + 1)
        elif points + commas > 1:  # a mark that stands twice groups thousands
            point, comma = (point, comma + 1) if points else (point + 1, comma)
        elif points + commas == 1:
            whole, _, part = body.partition("." if points else ",")
            if re.fullmatch(r"[1-9]\d{0,2}", whole) and re.fullmatch(r"\d{3}", part):
                doubt_point, doubt_comma = doubt_point + points, doubt_comma + commas
                example = example or text
            elif whole.isdigit() or not whole:
                point, comma = point + points, comma + commas
    if point and comma:
        return NumberStyle("." if point >= comma else ",", mixed=True)
    if point or comma:
        return NumberStyle("." if point else ",")
    if doubt_point or doubt_comma:
        if ungrouped:
            return NumberStyle("." if doubt_point >= doubt_comma else ",")
        return NumberStyle(None, example=example)
    return NumberStyle(".")


def parse_amount(  # noqa: PLR0911 - one return for each reason not to be an amount
    text: str, *, decimal: str = ".", suffixes: bool = False
) -> Amount:
    """An amount as written, in ten-thousandths of the unit, rounded half to even beyond four places.

    Parameters
    ----------
    text
        The cell, not blank.
    decimal
        The column's decimal mark; the other mark groups thousands.
    suffixes
        Whether ``k`` and ``M`` multiply by a thousand and a million.

    """
    plain = text.strip()
    if plain.startswith("#") and plain.upper().rstrip("!?") in {
        "#REF",
        "#DIV/0",
        "#VALUE",
        "#NAME",
        "#NUM",
        "#NULL",
        "#N/A",
    }:
        return Amount(None, "error_cell", "is a spreadsheet error; mend the formula and save again")
    if plain.lower() in _NOT_NUMBERS:
        return Amount(None, "not_finite", "is not a number")
    if plain.lower() in MISSING:
        return Amount(None, "missing_amount", "stands for a missing amount; write a number, or 0")
    if plain.endswith("%"):
        return Amount(None, "percent", "is a percentage, and a percentage is not money")
    body, negative, currency = _bare(plain)
    scale = 1
    suffix = _SUFFIX.fullmatch(body)
    if suffix:
        if not suffixes:
            return Amount(None, "suffix", "has a k or M suffix; answer the question “suffix”, or write the number in full")
        body, scale = suffix[1], _SCALE[suffix[2].lower()]
    if _SCIENTIFIC.fullmatch(body):
        number, rule = Decimal(body), "scientific"
    else:
        digits = _ungrouped(body, decimal)
        if digits is None:
            return Amount(None, "not_a_number", f"is not an amount (expected digits with “{decimal}” as decimal mark)")
        number, rule = Decimal(digits), "written_form"
    number = (-number if negative else number) * scale * UNIT
    if abs(number) >= _LIMIT:
        return Amount(None, "too_large", "has more than 14 digits before the decimal mark")
    value = int(number.to_integral_value(ROUND_HALF_EVEN))
    return Amount(value, "rounded" if value != number else rule, "", currency)


def _ungrouped(body: str, decimal: str) -> str | None:
    """Digits with a decimal point, thousands marks taken out where they stand every three digits; None otherwise."""
    whole, mark, part = body.partition(decimal)
    if mark and (decimal in part or not part.isascii() or (part and not part.isdigit())):
        return None
    other = "," if decimal == "." else "."
    groups = re.split(f"[{re.escape(other)}{_SPACES}'’]", whole)
    if len(groups) > 1 and not (1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])):  # noqa: PLR2004 - thousands
        return None
    digits = "".join(groups) + (f".{part}" if part else "")
    return digits if digits.isascii() and _NUMBER.fullmatch(digits) else None
