"""The document agrees with the registry. `python -m pytest tests/report/test_docs.py` says what to write where it does not."""

import re
from pathlib import Path

import pytest

from nrr_core import report
from nrr_core.report.pack.registry import PAGES

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "pack.md"
TABLES = {
    "packs": "".join(f"| {pack} | {', '.join(kind.name for kind in report.pages(pack))} |\n" for pack in report.PACKS),
    "pages": "".join(
        f"| {kind.name} | {kind.holds} | {f'`{kind.needs}`' if kind.needs else ''} | {', '.join(kind.sheets)} |\n"
        for kind, _ in PAGES.values()
    ),
}


@pytest.mark.parametrize("name", list(TABLES))
def test_the_tables_are_the_registry(name):
    block = re.search(rf"<!-- {name}:[^\n]*\n(.*?)<!-- /{name} -->", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)[1]
    assert block == TABLES[name]


def test_the_example_runs(sample, monkeypatch):
    code = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)[1]
    monkeypatch.chdir(DOCUMENT.parents[1])
    scope = {}
    exec(code, scope)  # noqa: S102 - our own document
    assert scope["slides"][:2] == scope["book"][:2] == scope["one"][:2] == scope["short"][:2] == b"PK"
    assert scope["table"].startswith(b"page,item,value,unit\n")
