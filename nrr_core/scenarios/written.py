"""Scenarios as JSON: one versioned form for files, the store and links."""

import hashlib
import json
import sys
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation, Overflow
from typing import Any, Final, TypeGuard

from nrr_core.errors import ScenarioError, nearest
from nrr_core.scenarios.scenario import Decision, Lever, Scenario
from nrr_core.schema import UNIT, money
from nrr_core.selection import frozen_where

__all__ = ["FORMAT", "amount", "digest", "from_json", "read_body", "to_body", "to_json"]

FORMAT: Final = 1
_SCENARIO: Final = {"format", "name", "description", "horizon", "months", "by", "contracts", "target", "levers", "decisions", "made_on"}
_LEVER: Final = {"kind", "change", "mode", "where", "start", "ramp", "loss", "delay", "name"}
_DECISION: Final = {"account", "action", "to", "probability", "month", "note"}
_MOST_LEVERS: Final = 40
_MOST_DECISIONS: Final = 5_000
_MOST_BYTES: Final = 4_000_000
_MOST_DIGITS: Final = 14


def to_body(scenario: Scenario) -> dict[str, Any]:
    """A scenario as plain values; amounts as decimal texts of the currency unit."""
    return {
        "format": FORMAT,
        "name": scenario.name,
        "description": scenario.description,
        "horizon": scenario.horizon,
        "months": scenario.months,
        "by": scenario.by,
        "contracts": scenario.contracts,
        "target": scenario.target,
        "levers": [_lever_body(lever) for lever in scenario.levers],
        "decisions": [_decision_body(decision) for decision in scenario.decisions],
    }


def to_json(scenario: Scenario, *, made_on: Mapping[str, Any] | None = None) -> bytes:
    """A scenario as a file; ``made_on`` (name and hash of a dataset, its last month) says where it was made."""
    body = to_body(scenario) | ({"made_on": dict(made_on)} if made_on else {})
    return (json.dumps(body, ensure_ascii=False, indent=1) + "\n").encode()


def from_json(text: str | bytes) -> Scenario:
    """A scenario from a file of this version or an older one.

    Raises
    ------
    ScenarioError
        Not JSON, not a scenario, a newer format, or a value that can't be; the text says which entry.

    """
    if len(text) > _MOST_BYTES:
        raise ScenarioError(f"A scenario file has at most {_MOST_BYTES // 1_000_000} MB.")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ScenarioError("This file is not a scenario: it is not JSON. Export one from the Scenarios page to see the form.") from error
    return read_body(body)


def read_body(body: Any) -> Scenario:
    """A scenario from plain values, as ``to_body`` gives them; everything but levers and decisions may be left out."""
    held = _entries(body, _SCENARIO, "a scenario")
    made = held.get("format", FORMAT)
    if made != FORMAT or isinstance(made, bool):
        raise ScenarioError(
            f"This scenario has format {made!r}, and this version reads format {FORMAT}. Update the app, then open it again."
        )
    levers, decisions = _listed(held, "levers", _MOST_LEVERS), _listed(held, "decisions", _MOST_DECISIONS)
    return Scenario(
        levers=tuple(_lever(entry, f"lever {i}") for i, entry in enumerate(levers, 1)),
        decisions=tuple(_decision(entry, f"decision {i}") for i, entry in enumerate(decisions, 1)),
        horizon=held.get("horizon", 12),
        months=held.get("months", 12),
        by=_text(held, "by", "the scenario", none=True),
        contracts=_text(held, "contracts", "the scenario", default="auto") or "",
        target=_number(held, "target", "the scenario", none=True),
        name=_text(held, "name", "the scenario", default="") or "",
        description=_text(held, "description", "the scenario", default="") or "",
    )


def digest(scenario: Scenario) -> str:
    """Eight characters that differ as soon as anything differs that the numbers depend on."""
    body = to_body(scenario)
    for name in ("name", "description", "target"):
        body.pop(name)
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:8]


def amount(value: Any, what: str) -> int:
    """An amount in ten-thousandths, from a number or a decimal text of the currency unit."""
    try:
        exact = Decimal(str(value).strip()) * UNIT
    except InvalidOperation as error:
        raise ScenarioError(f"The amount {str(value)[:40]!r} of {what} is not a number. Write it like 1200.50.") from error
    except Overflow as error:
        raise ScenarioError(f"The amount {str(value)[:40]!r} of {what} is out of range.") from error
    if not exact.is_finite() or abs(exact) >= 10**_MOST_DIGITS * UNIT:
        raise ScenarioError(f"The amount {str(value)[:40]!r} of {what} is out of range.")
    return int(exact.to_integral_value())


def _lever_body(lever: Lever) -> dict[str, Any]:
    body: dict[str, Any] = {"kind": lever.kind, "change": float(lever.change), "mode": lever.mode, "ramp": lever.ramp}
    body |= {"where": {name: list(segments) for name, segments in lever.where}} if lever.where else {}
    body |= {"start": lever.start} if lever.start else {}
    body |= {"loss": float(lever.loss)} if lever.kind == "price" else {}
    body |= {"delay": lever.delay} if lever.kind == "win_back" else {}
    return body | ({"name": lever.name} if lever.name else {})


def _decision_body(decision: Decision) -> dict[str, Any]:
    body: dict[str, Any] = {"account": decision.account, "action": decision.action, "probability": float(decision.probability)}
    body |= {"to": f"{money(decision.to):f}"} if decision.to is not None else {}
    body |= {"month": decision.month} if decision.month else {}
    return body | ({"note": decision.note} if decision.note else {})


def _lever(entry: Any, what: str) -> Lever:
    held = _entries(entry, _LEVER, what)
    return Lever(
        kind=_text(held, "kind", what) or "",
        change=_number(held, "change", what, default=0.0) or 0.0,
        mode=_text(held, "mode", what, default="") or "",
        where=_where(held.get("where") or {}, what),
        start=_text(held, "start", what, none=True),
        ramp=held.get("ramp", 1),
        loss=_number(held, "loss", what, default=0.0) or 0.0,
        delay=held.get("delay", 3),
        name=_text(held, "name", what, default="") or "",
    )


def _decision(entry: Any, what: str) -> Decision:
    held = _entries(entry, _DECISION, what)
    to, probability = held.get("to"), _number(held, "probability", what, default=1.0)
    return Decision(
        account=_text(held, "account", what) or "",
        action=_text(held, "action", what) or "",
        to=None if to is None else amount(to, what),
        probability=1.0 if probability is None else probability,
        month=_text(held, "month", what, none=True),
        note=_text(held, "note", what, default="") or "",
    )


def _entries(entry: Any, known: set[str], what: str) -> dict[str, Any]:
    if not isinstance(entry, Mapping):
        raise ScenarioError(f"{what[:1].upper()}{what[1:]} must be an object with the entries {', '.join(sorted(known))}.")
    for name in entry:
        if name not in known:
            raise ScenarioError(
                f"“{str(name)[:40]}” is not an entry of {what}. Known: {', '.join(sorted(known))}.{nearest(str(name), known)}"
            )
    return dict(entry)


def _listed(held: Mapping[str, Any], name: str, most: int) -> list[Any]:
    found = held.get(name, [])
    if not isinstance(found, list):
        raise ScenarioError(f"“{name}” of a scenario must be a list.")
    if len(found) > most:
        raise ScenarioError(f"A scenario has at most {most:,} {name}, not {len(found):,}.")
    return found


def _text(held: Mapping[str, Any], name: str, what: str, *, default: str | None = None, none: bool = False) -> str | None:
    value = held.get(name, default)
    if value is None and (none or default is not None):
        return default
    if not _is_text(value) or len(value) > 1_000:  # noqa: PLR2004 - characters
        raise ScenarioError(f"“{name}” of {what} must be a text of at most 1,000 characters.")
    return value


def _number(held: Mapping[str, Any], name: str, what: str, *, default: float | None = None, none: bool = False) -> float | None:
    value = held.get(name, default)
    if value is None and (none or default is not None):
        return default
    if not isinstance(value, int | float) or isinstance(value, bool) or (isinstance(value, int) and abs(value) > sys.float_info.max):
        raise ScenarioError(f"“{name}” of {what} is {str(value)[:40]!r}: it must be a number.")
    return float(value)


def _is_text(value: Any) -> TypeGuard[str]:
    """Half a surrogate pair, which JSON can spell, is no text: no file could hold it."""
    return isinstance(value, str) and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _where(entry: Any, what: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(entry, Mapping) or not all(
        _is_text(name) and isinstance(segments, list) and all(_is_text(one) for one in segments) for name, segments in entry.items()
    ):
        raise ScenarioError(f'“where” of {what} must name segments by dimension, like {{"plan": ["Basic"]}}.')
    return frozen_where(entry)
