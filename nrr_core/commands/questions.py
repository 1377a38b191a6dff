"""The commands that ask one file: what was read, retention, movements, cohorts, accounts, and why two definitions differ."""

import argparse
import json
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from nrr_core import explain, explore, ledger
from nrr_core.commands import given
from nrr_core.errors import IngestError
from nrr_core.periods import CADENCES

__all__ = ["add_commands"]

_DECIMALS = 20  # of an effect; the library has it as a fraction


def add_commands(commands: Any) -> None:
    """Add the commands to the command line's parser."""
    for name, run, text in (
        ("check", _check, "what was read from a file, what was repaired, what was set aside"),
        ("retention", _retention, "NRR, GRR and logo retention of every window"),
        ("movements", _movements, "the bridge from opening to closing MRR of every window"),
        ("cohorts", _cohorts, "retention of acquisition cohorts by age"),
        ("accounts", _accounts, "the accounts behind one window"),
        ("reconcile", _reconcile, "the way from one definition's NRR to another's, knob by knob, with the accounts of each step"),
    ):
        command = given.about_file(commands, name, run, text)
        if name == "reconcile":
            _reconcile_options(command)
        elif name != "check":
            _question_options(command, name)


def _reconcile_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--from", dest="start", default="standard", metavar="CARD", help=given.CARD)
    command.add_argument("--to", dest="end", required=True, metavar="CARD", help=given.CARD)
    command.add_argument("--close", metavar="YYYY-MM")
    given.form_option(command)
    given.where_option(command)
    command.add_argument("--fiscal-start", type=int, default=1, metavar="MONTH")


def _question_options(command: argparse.ArgumentParser, name: str) -> None:
    given.form_option(command)
    given.where_option(command)
    command.add_argument("--fiscal-start", type=int, default=1, metavar="MONTH")
    given.card_option(command)
    if name == "cohorts":
        command.add_argument("--by", metavar="DIM")
        command.add_argument("--cadence", choices=tuple(CADENCES), default="month")
        return
    own = {"default": 1} if name == "movements" else {"help": "default: the card's own"}
    command.add_argument("--window", type=given.window, metavar="N", **own)
    command.add_argument("--close", metavar="YYYY-MM")
    if name == "accounts":
        command.add_argument("--state", action="append", choices=ledger.STATES)
        command.add_argument("--limit", type=int)
    else:
        command.add_argument("--by", action="append", metavar="DIM")


def _check(asked: argparse.Namespace) -> int:
    try:
        data = given.dataset(asked)
    except IngestError as error:
        noticed = {
            "refused": str(error),
            "problems": [p.as_dict() for p in error.problems],
            "questions": [q.as_dict() for q in error.questions],
        }
        print(json.dumps(noticed, ensure_ascii=False, indent=2))
        raise
    report = dict(data.report)
    shown = {
        "layout": report.pop("layout"),
        "accounts": data.accounts,
        "months": len(data.months),
        "lines": {"total": report.pop("lines_total"), "unaccounted": report.pop("lines_unaccounted")},
        "rows": {kind: report.pop(f"rows_{kind}") for kind in ("accepted", "repaired", "quarantined")},
        "sums": {kind: report.pop(f"sum_{kind}") for kind in ("accepted", "quarantined")},
        "problems": report.pop("problems"),
        "questions": report.pop("questions"),
        "first": data.months[0],
        "last": data.months[-1],
        "sha256": data.sha256,
    }
    report.pop("preview")
    print(json.dumps(shown | report, ensure_ascii=False, indent=2))
    return 0


def _retention(asked: argparse.Namespace) -> int:
    return _windowed(asked, explore.retention)


def _movements(asked: argparse.Namespace) -> int:
    return _windowed(asked, explore.movements)


def _windowed(asked: argparse.Namespace, question: Callable[..., pd.DataFrame]) -> int:
    return given.show(
        question(
            given.dataset(asked), window=asked.window, by=asked.by, where=given.where_of(asked), close=asked.close,
            fiscal_start=asked.fiscal_start, card=given.card_of(asked.card),
        ),
        asked.format,
    )  # fmt: skip


def _cohorts(asked: argparse.Namespace) -> int:
    data = given.dataset(asked)
    frame = explore.cohorts(
        data,
        cadence=asked.cadence,
        by=asked.by,
        where=given.where_of(asked),
        card=given.card_of(asked.card),
        fiscal_start=asked.fiscal_start,
    )
    return given.show(frame, asked.format)


def _accounts(asked: argparse.Namespace) -> int:
    frame = ledger.accounts(
        given.dataset(asked), window=asked.window, close=asked.close, where=given.where_of(asked), state=asked.state,
        limit=asked.limit, fiscal_start=asked.fiscal_start, card=given.card_of(asked.card),
    )  # fmt: skip
    return given.show(frame, asked.format)


def _reconcile(asked: argparse.Namespace) -> int:
    found = explain.reconcile(
        given.dataset(asked),
        given.card_of(asked.start),
        given.card_of(asked.end),
        close=asked.close,
        where=given.where_of(asked),
        fiscal_start=asked.fiscal_start,
    )
    print(f"# NRR {found.start} ({float(found.start):.6%}) to {found.end} ({float(found.end):.6%})", file=sys.stderr)
    effects = [_decimal(step.effect) for step in found.steps]
    listed = found.frame[["step", "knob"]].assign(
        effect=pd.Series(effects, dtype=object), accounts=["|".join(step.ids) for step in found.steps]
    )
    listed.attrs = found.frame.attrs
    return given.show(listed, asked.format)


def _decimal(effect: Fraction) -> Decimal:
    return round(Decimal(effect.numerator) / Decimal(effect.denominator), _DECIMALS) if effect else Decimal(0)
