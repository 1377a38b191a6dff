"""The command line: the library's questions about one file, as CSV or JSON on standard output; and the app's upkeep."""

import argparse
import sys
from collections.abc import Sequence

from nrr_core.commands import keep, operate, plans, prove, questions
from nrr_core.errors import NrrError
from nrr_core.stamp import VERSION

__all__ = ["main"]

_REFUSED = 2


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
    for room in (questions, plans, keep, operate, prove):
        room.add_commands(commands)
    return parser
