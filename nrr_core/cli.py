"""The command line: the library's questions about one file, as CSV or JSON on standard output; and the app's upkeep."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd

from nrr_core import explain, explore, ledger, operate, prove, report, scenarios
from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.errors import DefinitionError, IngestError, NrrError, ScenarioError, SelectionError
from nrr_core.ingest import Options
from nrr_core.periods import CADENCES
from nrr_core.presets import preset
from nrr_core.reading import read
from nrr_core.report import to_csv
from nrr_core.stamp import VERSION

__all__ = ["main"]

_REFUSED = 2
_DECIMALS = 20  # of an effect; the library has it as a fraction
_CARD = "a preset by its name, or a file of knobs as JSON (docs/definitions.md)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, 1 where the doctor finds something wrong, or 2 with a reason on standard error."""
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.run(asked))
    except NrrError as error:
        print(f"{asked.command}: {error}", file=sys.stderr)
        return _REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m nrr_core", description="Net revenue retention that can be proved.")
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run, text in (
        ("check", _check, "what was read from a file, what was repaired, what was set aside"),
        ("retention", _retention, "NRR, GRR and logo retention of every window"),
        ("movements", _movements, "the bridge from opening to closing MRR of every window"),
        ("cohorts", _cohorts, "retention of acquisition cohorts by age"),
        ("accounts", _accounts, "the accounts behind one window"),
        ("reconcile", _reconcile, "the way from one definition's NRR to another's, knob by knob, with the accounts of each step"),
        ("scenario", _scenario, "baseline and scenario month by month: MRR of today's accounts, NRR, GRR, logo retention"),
        ("report", _report, "where the pack was written: slides, workbook or table"),
        ("publish", _publish, "what was saved in the store, as a new dataset or a new version"),
    ):
        command = commands.add_parser(name, help=text, description=f"Prints {text}.")
        command.set_defaults(run=run)
        _file_options(command)
        if name == "publish":
            command.add_argument("--name", required=True, help="a stored dataset of that name gets a new version; else a new dataset")
            command.add_argument("--change-closed", action="store_true", help="figures of closed months may change")
        elif name == "scenario":
            command.add_argument("scenario", metavar="SCENARIO.json", help="levers, decisions, horizon (docs/scenarios.md)")
            command.add_argument("--format", choices=("csv", "json"), default="csv")
            command.add_argument("--where", action="append", default=[], type=_pair, metavar="DIM=SEGMENT[|SEGMENT…]")
            command.add_argument("--window", type=int, metavar="N", help="months of the card's window; default: the card's own")
            command.add_argument("--card", default="standard", metavar="CARD", help=_CARD)
        elif name == "reconcile":
            _reconcile_options(command)
        elif name == "report":
            _pack_options(command)
        elif name != "check":
            _question_options(command, name)
    operate.add_commands(commands)
    prove.add_commands(commands)
    return parser


def _reconcile_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--from", dest="start", default="standard", metavar="CARD", help=_CARD)
    command.add_argument("--to", dest="end", required=True, metavar="CARD", help=_CARD)
    command.add_argument("--close", metavar="YYYY-MM")
    command.add_argument("--format", choices=("csv", "json"), default="csv")
    command.add_argument("--where", action="append", default=[], type=_pair, metavar="DIM=SEGMENT[|SEGMENT…]")
    command.add_argument("--fiscal-start", type=int, default=1, metavar="MONTH")


def _file_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", help="a file, or store:NAME[@VERSION] for a stored dataset")
    command.add_argument("--accounts", help="a second file of account attributes, joined by id")
    command.add_argument("--rates", metavar="FILE", help="exchange rates, where amounts are in several currencies")
    command.add_argument("--last", metavar="YYYY-MM", help="the last month that counts")
    command.add_argument("--map", dest="mapping", action="append", default=[], type=_pair, metavar="FIELD=COLUMN")
    command.add_argument("--set", dest="answers", action="append", default=[], type=_pair, metavar="QUESTION=ANSWER")


def _question_options(command: argparse.ArgumentParser, name: str) -> None:
    command.add_argument("--format", choices=("csv", "json"), default="csv")
    command.add_argument("--where", action="append", default=[], type=_pair, metavar="DIM=SEGMENT[|SEGMENT…]")
    command.add_argument("--fiscal-start", type=int, default=1, metavar="MONTH")
    command.add_argument("--card", default="standard", metavar="CARD", help=_CARD)
    if name == "cohorts":
        command.add_argument("--by", metavar="DIM")
        command.add_argument("--cadence", choices=tuple(CADENCES), default="month")
        return
    command.add_argument("--window", type=_window, default=1 if name == "movements" else 12, metavar="N")
    command.add_argument("--close", metavar="YYYY-MM")
    if name == "accounts":
        command.add_argument("--state", action="append", choices=ledger.STATES)
        command.add_argument("--limit", type=int)
    else:
        command.add_argument("--by", action="append", metavar="DIM")


def _pack_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--pack", choices=tuple(report.PACKS), default="qbr")
    command.add_argument("--out", required=True, metavar="FILE", help=f"ends in {', '.join('.' + form for form in report.FORMS)}")
    command.add_argument("--scenario", metavar="SCENARIO.json", help="a what-if for the pages about it; without one the baseline")
    command.add_argument("--where", action="append", default=[], type=_pair, metavar="DIM=SEGMENT[|SEGMENT…]")
    command.add_argument("--by", metavar="DIM")
    command.add_argument("--card", default="standard", metavar="CARD", help=_CARD)
    command.add_argument("--window", type=_window, metavar="N", help="default: the card's own")
    command.add_argument("--close", metavar="YYYY-MM")
    command.add_argument("--target", action="append", default=[], type=_pair, metavar="METRIC=RATIO")
    command.add_argument("--pages", metavar="PAGE,PAGE…", help="chosen pages in their order (docs/pack.md)")
    command.add_argument("--arr", action="store_true", help="amounts as ARR")
    command.add_argument("--colour", default="#0067A6", metavar="#RRGGBB")
    command.add_argument("--logo", metavar="FILE")
    command.add_argument("--company", default="", metavar="NAME")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"“{text}” has no “=”: write NAME=VALUE")
    return name, value


def _window(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def _read(asked: argparse.Namespace) -> Dataset:
    if asked.file.startswith("store:"):
        from nrr_core.store import actor_of_environment, open_named, open_store  # noqa: PLC0415 - files need no store

        store = open_store()
        return open_named(store, actor_of_environment(store), asked.file, asked=f"{asked.command} on the command line")
    return read(
        asked.file, accounts=asked.accounts, rates=asked.rates, last=asked.last, mapping=dict(asked.mapping), answers=dict(asked.answers)
    )


def _where(asked: argparse.Namespace) -> dict[str, list[str]]:
    return {name: values.split("|") for name, values in asked.where}


def _check(asked: argparse.Namespace) -> int:
    try:
        data = _read(asked)
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
    return _show(
        question(
            _read(asked), window=asked.window, by=asked.by, where=_where(asked), close=asked.close,
            fiscal_start=asked.fiscal_start, card=_card(asked.card),
        ),
        asked.format,
    )  # fmt: skip


def _cohorts(asked: argparse.Namespace) -> int:
    data = _read(asked)
    frame = explore.cohorts(
        data, cadence=asked.cadence, by=asked.by, where=_where(asked), card=_card(asked.card), fiscal_start=asked.fiscal_start
    )
    return _show(frame, asked.format)


def _accounts(asked: argparse.Namespace) -> int:
    frame = ledger.accounts(
        _read(asked), window=asked.window, close=asked.close, where=_where(asked), state=asked.state,
        limit=asked.limit, fiscal_start=asked.fiscal_start, card=_card(asked.card),
    )  # fmt: skip
    return _show(frame, asked.format)


def _reconcile(asked: argparse.Namespace) -> int:
    found = explain.reconcile(
        _read(asked), _card(asked.start), _card(asked.end), close=asked.close, where=_where(asked), fiscal_start=asked.fiscal_start
    )
    print(f"# NRR {found.start} ({float(found.start):.6%}) to {found.end} ({float(found.end):.6%})", file=sys.stderr)
    effects = [_decimal(step.effect) for step in found.steps]
    listed = found.frame[["step", "knob"]].assign(
        effect=pd.Series(effects, dtype=object), accounts=["|".join(step.ids) for step in found.steps]
    )
    listed.attrs = found.frame.attrs
    return _show(listed, asked.format)


def _decimal(effect: Fraction) -> Decimal:
    return round(Decimal(effect.numerator) / Decimal(effect.denominator), _DECIMALS) if effect else Decimal(0)


def _card(name: str) -> Definition:
    """A card by its preset's name, or from a file of knobs."""
    if not name.endswith(".json"):
        return preset(name)
    try:
        values = json.loads(_bytes(name, "card"))
    except ValueError as error:
        raise DefinitionError(f"The card {name} is no JSON: {error}.") from error
    if not isinstance(values, dict):
        raise DefinitionError(f'The card {name} holds no knobs: write an object such as {{"window_months": 3}}.')
    return Definition.from_dict(values)


def _scenario(asked: argparse.Namespace) -> int:
    card = _card(asked.card).over(asked.window)
    found = scenarios.project(_read(asked), scenarios.from_json(_bytes(asked.scenario, "scenario")), where=_where(asked), card=card)
    for note in found.notes:
        print(f"# {note}", file=sys.stderr)
    return _show(scenarios.side_by_side(found), asked.format)


def _report(asked: argparse.Namespace) -> int:
    out = Path(asked.out)
    form = out.suffix.removeprefix(".")
    if form not in report.FORMS:
        raise SelectionError(f"“{out.name}” must end in {', '.join('.' + f for f in report.FORMS)}: the ending says what is written.")
    scenario = scenarios.from_json(_bytes(asked.scenario, "scenario")) if asked.scenario else scenarios.Scenario()
    data, where, card = _read(asked), _where(asked), _card(asked.card)
    brand = report.Brand(colour=asked.colour, logo=_bytes(asked.logo, "logo") if asked.logo else None, name=asked.company)
    made = report.build(
        data, pack=asked.pack, form=form, window=asked.window or card.window_months, close=asked.close, where=where, by=asked.by, card=card,
        projection=scenarios.project(data, scenario, where=where, card=card),
        runway=scenarios.runway(data, dimension=scenario.contracts, where=where, card=card),
        simulation=scenarios.simulate(data, scenario, where=where, card=card),
        targets={name: _ratio(value) for name, value in asked.target},
        brand=brand, pages=asked.pages.split(",") if asked.pages else None, factor=12 if asked.arr else 1,
    )  # fmt: skip
    out.write_bytes(made)
    print(json.dumps({"out": str(out), "pack": asked.pack, "bytes": len(made)}, ensure_ascii=False))
    return 0


def _bytes(name: str, what: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise ScenarioError(f"The {what} file {name} can't be read: {error.strerror}.") from error


def _ratio(text: str) -> float:
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError as error:
        raise SelectionError(f"“{text}” is not a ratio. Write 1.05 or 105%.") from error


def _publish(asked: argparse.Namespace) -> int:
    from nrr_core.store import actor_of_environment, open_store, publish_file  # noqa: PLC0415 - other commands need no store

    store = open_store()
    options = Options(mapping=tuple(sorted(asked.mapping)), answers=tuple(sorted(asked.answers)))
    held = publish_file(
        store, actor_of_environment(store), Path(asked.file), name=asked.name, accounts=Path(asked.accounts) if asked.accounts else None,
        rates=Path(asked.rates) if asked.rates else None, options=options, last=asked.last,
        change_closed=asked.change_closed,
    )  # fmt: skip
    print(json.dumps({"dataset": held.dataset_id, "name": held.name, "version": held.number, "sha256": held.sha256}, ensure_ascii=False))
    return 0


def _show(frame: pd.DataFrame, form: str) -> int:
    stamp = frame.attrs["stamp"]
    if form == "json":
        records = frame.astype(object).where(frame.notna(), None).to_dict("records")
        print(json.dumps({"stamp": stamp, "rows": records}, default=_plain, ensure_ascii=False, indent=1))
        return 0
    sys.stdout.write(to_csv(frame, footer=False).decode())
    print(f"# {stamp['definition']} {stamp['definition_hash']}, dataset {stamp['dataset_hash'][:12]}", file=sys.stderr)
    return 0


def _plain(value: Any) -> Any:
    return f"{value:f}" if isinstance(value, Decimal) else value.item()
