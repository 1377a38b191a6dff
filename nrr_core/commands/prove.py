"""The commands that compare two versions of a dataset, and that verify an export."""

import argparse
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from nrr_core.commands import given
from nrr_core.dataset import Dataset
from nrr_core.explain import Restated, restated, restated_findings
from nrr_core.report import to_csv
from nrr_core.verification import verify
from nrr_core.verification.sources import opened

__all__ = ["add_commands"]

_DIFFERS, _REFUSED = 1, 2
_TABLES = ("account_months", "months", "effects", "reclassified")


def add_commands(commands: Any) -> None:
    """Add the commands to the command line's parser."""
    text = "what a version of a dataset changes against an earlier one"
    compare = commands.add_parser("compare", help=text, description=f"Prints {text}; sentences go to standard error.")
    compare.add_argument("before", help="a file, or store:NAME[@VERSION]")
    compare.add_argument("after", help="a file, or store:NAME[@VERSION]")
    compare.add_argument(
        "--accounts", action="append", default=[], metavar="FILE", help="account attributes; given twice: of the first, of the second"
    )
    compare.add_argument(
        "--closed-through", metavar="YYYY-MM", help="this month and all before it were closed; default: what the store says"
    )
    given.where_option(compare)
    compare.add_argument("--window", type=given.window, metavar="N")
    compare.add_argument("--table", choices=_TABLES, default=_TABLES[0], help="which table is printed as CSV")
    compare.add_argument("--limit", type=int, default=1_000, help="account-months printed at most; counts are of all")
    given.form_option(compare)
    given.read_options(compare)
    compare.set_defaults(run=_compare)
    text = "whether an export still is what its question gives"
    check = commands.add_parser("verify", help=text, description=f"Says {text}: status 0 if so, 1 if not, 2 if nothing can be said.")
    check.add_argument("export", type=Path, metavar="EXPORT", help="a CSV, XLSX or PPTX file that was taken from here")
    check.add_argument(
        "file", nargs="?", help="what it was made from: a file, or store:NAME[@VERSION]; default: found in the store by its hash"
    )
    given.accounts_option(check)
    given.read_options(check)
    check.set_defaults(run=_verify)


def _compare(asked: argparse.Namespace) -> int:
    files: Sequence[str | None] = (asked.accounts * 2)[:2] or (None, None)
    sides = [
        opened(text, asked="compare on the command line", accounts=accounts, **given.reading(asked))
        for text, accounts in zip((asked.before, asked.after), files, strict=True)
    ]
    closed, days = _closed(asked)
    found = restated(
        sides[0], sides[1], closed_through=closed, window=asked.window, where=given.where_of(asked),
        limit=asked.limit,
    )  # fmt: skip
    said = [finding.text for finding in restated_findings(found, closings=days)]
    if asked.format == "json":
        print(json.dumps(_plain(found, sides, said), default=_value, ensure_ascii=False, indent=1))
        return 0
    sys.stdout.write(to_csv(getattr(found, asked.table), footer=False).decode())
    for text in said:
        print(f"# {text}", file=sys.stderr)
    return 0


def _closed(asked: argparse.Namespace) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """The closed months that were named, or those of the stored dataset that the later side is a version of."""
    if asked.closed_through or not asked.after.startswith("store:"):
        return asked.closed_through, ()
    from nrr_core.store import actor_of_environment, find, open_store  # noqa: PLC0415 - files need no store

    store = open_store()
    actor = actor_of_environment(store)
    closed = store.closed.of(actor, find(store, actor, asked.after).dataset_id)
    return closed.through, closed.days


def _plain(found: Restated, sides: Sequence[Dataset], said: Sequence[str]) -> dict[str, Any]:
    rows = {name: _records(getattr(found, name)) for name in _TABLES}
    plain = {
        name: getattr(found, name)
        for name in ("shared", "only_before", "only_after", "currencies", "closed_through", "total", "closed_total", "appeared",
                     "appeared_total", "vanished", "vanished_total", "dimensions_added", "dimensions_removed")
    }  # fmt: skip
    hashes = {"before_sha256": sides[0].sha256, "after_sha256": sides[1].sha256}
    return {"before": found.before, "after": found.after, **hashes, "findings": list(said), **plain, **rows}


def _records(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def _value(value: Any) -> Any:
    return f"{value:f}" if isinstance(value, Decimal) else value.item()


def _verify(asked: argparse.Namespace) -> int:
    found = verify(asked.export, asked.file, accounts=asked.accounts, **given.reading(asked))
    print(f"{asked.export}: {found.reason}")
    return 0 if found.equal else _DIFFERS if found.decided else _REFUSED
