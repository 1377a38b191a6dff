"""The command that saves a file."""

import argparse
import json
from pathlib import Path
from typing import Any

from nrr_core.commands import given
from nrr_core.ingest import Options

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add the command to the command line's parser."""
    text = "what was saved in the store, as a new dataset or a new version"
    command = given.about_file(commands, "publish", _publish, text)
    command.add_argument("--name", required=True, help="a stored dataset of that name or id gets a new version; else a new dataset")
    command.add_argument("--change-closed", action="store_true", help="figures of closed months may change")


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
