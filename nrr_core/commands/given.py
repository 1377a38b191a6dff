"""What is typed: the options that several commands share, and what they mean."""

import argparse
import json
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from nrr_core.dataset import Dataset
from nrr_core.definition import Definition
from nrr_core.errors import DefinitionError, ScenarioError
from nrr_core.presets import preset
from nrr_core.report import to_csv
from nrr_core.verification.sources import opened

__all__ = [
    "CARD", "about_file", "accounts_option", "card_of", "card_option", "content", "dataset", "form_option", "pair", "plain",
    "read_options", "reading", "show", "where_of", "where_option", "window",
]  # fmt: skip

CARD = "a preset by its name, or a file of knobs as JSON (docs/definitions.md)"


def about_file(commands: Any, name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
    """A command about one file, with the options that say how it is read."""
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=f"Prints {text}.")
    command.set_defaults(run=run)
    command.add_argument("file", help="a file, or store:NAME[@VERSION] for a stored dataset")
    accounts_option(command)
    read_options(command)
    return command


def card_option(command: argparse.ArgumentParser) -> None:
    """The definition."""
    command.add_argument("--card", default="standard", metavar="CARD", help=CARD)


def accounts_option(command: argparse.ArgumentParser) -> None:
    """The file of attributes."""
    command.add_argument("--accounts", metavar="FILE", help="a second file of account attributes, joined by id")


def read_options(command: argparse.ArgumentParser) -> None:
    """How files are read."""
    command.add_argument("--rates", metavar="FILE", help="exchange rates, where amounts are in several currencies")
    command.add_argument("--last", metavar="YYYY-MM", help="the last month that counts")
    command.add_argument("--map", dest="mapping", action="append", default=[], type=pair, metavar="FIELD=COLUMN")
    command.add_argument("--set", dest="answers", action="append", default=[], type=pair, metavar="QUESTION=ANSWER")


def form_option(command: argparse.ArgumentParser) -> None:
    """CSV or JSON."""
    command.add_argument("--format", choices=("csv", "json"), default="csv")


def where_option(command: argparse.ArgumentParser) -> None:
    """Segments that count."""
    command.add_argument("--where", action="append", default=[], type=pair, metavar="DIM=SEGMENT[|SEGMENT…]")


def pair(text: str) -> tuple[str, str]:
    """``NAME=VALUE``."""
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"“{text}” has no “=”: write NAME=VALUE")
    return name, value


def window(text: str) -> int | str:
    """A number of months, or the name of a fiscal window."""
    return int(text) if text.isdigit() else text


def reading(asked: argparse.Namespace) -> dict[str, Any]:
    """How the person wants files read, as ``read`` takes it."""
    return {"rates": asked.rates, "last": asked.last, "mapping": dict(asked.mapping), "answers": dict(asked.answers)}


def dataset(asked: argparse.Namespace) -> Dataset:
    """The file, read, or the stored dataset, opened."""
    return opened(asked.file, asked=f"{asked.command} on the command line", accounts=asked.accounts, **reading(asked))


def where_of(asked: argparse.Namespace) -> dict[str, list[str]]:
    """The segments that count, by dimension."""
    return {name: values.split("|") for name, values in asked.where}


def card_of(name: str) -> Definition:
    """A card by its preset's name, or from a file of knobs."""
    if not name.endswith(".json"):
        return preset(name)
    try:
        values = json.loads(content(name, "card"))
    except ValueError as error:
        raise DefinitionError(f"The card {name} is no JSON: {error}.") from error
    if not isinstance(values, dict):
        raise DefinitionError(f'The card {name} holds no knobs: write an object such as {{"window_months": 3}}.')
    return Definition.from_dict(values)


def content(name: str, what: str) -> bytes:
    """The bytes of a file that says more."""
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise ScenarioError(f"The {what} file {name} can't be read: {error.strerror}.") from error


def show(frame: pd.DataFrame, form: str) -> int:
    """Print a stamped frame; where it comes from goes to standard error."""
    stamp = frame.attrs["stamp"]
    if form == "json":
        records = frame.astype(object).where(frame.notna(), None).to_dict("records")
        print(json.dumps({"stamp": stamp, "rows": records}, default=plain, ensure_ascii=False, indent=1))
        return 0
    sys.stdout.write(to_csv(frame, footer=False).decode())
    print(f"# {stamp['definition']} {stamp['definition_hash']}, dataset {stamp['dataset_hash'][:12]}", file=sys.stderr)
    return 0


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    return f"{value:f}" if isinstance(value, Decimal) else value.item()
