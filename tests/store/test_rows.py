"""Modules of rows write in the transaction they are given, so that an act and its audit row are kept together or not at all."""

import ast
from pathlib import Path

import pytest

from nrr_core import store

ROOM = Path(store.__file__).parent
ROWS = ("versions", "sessions", "tokens", "memberships")


@pytest.mark.parametrize("module", ROWS)
def test_rows_are_written_in_the_callers_transaction(module):
    tree = ast.parse((ROOM / f"{module}.py").read_text(encoding="utf-8"))
    taken = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert "tables" in taken
    assert not taken & {"Catalogue", "record"}, "only a repository opens a transaction and writes its audit row"
