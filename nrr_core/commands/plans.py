"""The commands that look ahead and the packs that show it."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from nrr_core import report, scenarios
from nrr_core.commands import given
from nrr_core.errors import SelectionError

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add the commands to the command line's parser."""
    text = "baseline and scenario month by month: MRR of today's accounts, NRR, GRR, logo retention"
    _scenario_options(given.about_file(commands, "scenario", _scenario, text))
    text = "where the pack was written: slides, workbook or table"
    _pack_options(given.about_file(commands, "report", _report, text))


def _scenario_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("scenario", metavar="SCENARIO.json", help="levers, decisions, horizon (docs/scenarios.md)")
    given.form_option(command)
    given.where_option(command)
    command.add_argument("--window", type=int, metavar="N", help="months of the card's window; default: the card's own")
    given.card_option(command)


def _pack_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--pack", choices=tuple(report.PACKS), default="qbr")
    command.add_argument("--out", required=True, metavar="FILE", help=f"ends in {', '.join('.' + form for form in report.FORMS)}")
    command.add_argument("--scenario", metavar="SCENARIO.json", help="a what-if for the pages about it; without one the baseline")
    given.where_option(command)
    command.add_argument("--by", metavar="DIM")
    given.card_option(command)
    command.add_argument("--window", type=given.window, metavar="N", help="default: the card's own")
    command.add_argument("--close", metavar="YYYY-MM")
    command.add_argument("--target", action="append", default=[], type=given.pair, metavar="METRIC=RATIO")
    command.add_argument("--pages", metavar="PAGE,PAGE…", help="chosen pages in their order (docs/pack.md)")
    command.add_argument("--arr", action="store_true", help="amounts as ARR")
    command.add_argument("--colour", default="#0067A6", metavar="#RRGGBB")
    command.add_argument("--logo", metavar="FILE")
    command.add_argument("--company", default="", metavar="NAME")


def _scenario(asked: argparse.Namespace) -> int:
    card = given.card_of(asked.card).over(asked.window)
    found = scenarios.project(
        given.dataset(asked), scenarios.from_json(given.content(asked.scenario, "scenario")), where=given.where_of(asked), card=card
    )
    for note in found.notes:
        print(f"# {note}", file=sys.stderr)
    return given.show(scenarios.side_by_side(found), asked.format)


def _report(asked: argparse.Namespace) -> int:
    out = Path(asked.out)
    form = out.suffix.removeprefix(".")
    if form not in report.FORMS:
        raise SelectionError(f"“{out.name}” must end in {', '.join('.' + f for f in report.FORMS)}: the ending says what is written.")
    scenario = scenarios.from_json(given.content(asked.scenario, "scenario")) if asked.scenario else scenarios.Scenario()
    data, where, card = given.dataset(asked), given.where_of(asked), given.card_of(asked.card)
    brand = report.Brand(colour=asked.colour, logo=given.content(asked.logo, "logo") if asked.logo else None, name=asked.company)
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


def _ratio(text: str) -> float:
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError as error:
        raise SelectionError(f"“{text}” is not a ratio. Write 1.05 or 105%.") from error
