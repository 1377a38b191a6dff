"""The workbook and the table: formulas over cells with the library's values, text that stays text, one line a figure."""

import csv
import io

import numpy as np
import openpyxl
import pytest
from edges import EDGES

import nrr_core as nrr
from nrr_core import report
from nrr_core.report.pack.book import Formula, address
from nrr_core.report.pack.make import facts_of, made_pages
from nrr_core.report.pack.rows import figures

TARGETS = {"nrr": 1.05, "churn_rate": 0.08}


def opened(content, *, values=False):
    return openpyxl.load_workbook(io.BytesIO(content), data_only=values)


@pytest.fixture(scope="module", params=list(report.PACKS))
def content(request, sample, future):
    return report.build(sample, pack=request.param, form="xlsx", by="size", targets=TARGETS, **future)


def test_every_ratio_is_a_formula_with_its_value_beside_it(content):
    live, kept = opened(content), opened(content, values=True)
    found = [(s.title, c.coordinate, c.value) for s in live for row in s.iter_rows() for c in row if c.data_type == "f"]
    assert len(found) > 20
    without = [(sheet, at) for sheet, at, _ in found if kept[sheet][at].value is None]
    assert all(sheet == "Accounts" and kept[sheet][at.replace("H", "E")].value == 0 for sheet, at in without)  # new: no opening


def test_sheets_follow_the_pages(sample, future):
    assert opened(report.build(sample, form="xlsx", **future)).sheetnames == [
        "Bridge", "Segments", "Accounts", "Trend", "Runway", "Scenario", "Decisions", "Stamp",
    ]  # fmt: skip
    assert opened(report.build(sample, form="xlsx", pages=["movers"])).sheetnames == ["Accounts", "Stamp"]
    assert opened(report.build(sample, form="xlsx", pack="board")).sheetnames == ["Trend", "Bridge", "Fragility", "Stamp"]


def test_names_of_a_workbook_are_text():
    hostile = EDGES["hostile names"]()
    live = opened(report.build(hostile, form="xlsx", window=1))
    cells = [c for s in live for row in s.iter_rows() for c in row]
    assert {"=1+1", "@SUM(A1)", '=HYPERLINK("http://x.example")'} <= {c.value for c in cells if c.data_type == "s"}
    assert not [c.coordinate for c in cells if c.hyperlink]
    assert all(set(c.value) <= set('=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789():+-*/,<>"') for c in cells if c.data_type == "f")


def test_a_formula_cannot_hold_a_name():
    with pytest.raises(ValueError, match="cells and functions only"):
        Formula('=HYPERLINK("http://x.example")', 1)


def test_addresses_go_beyond_the_alphabet():
    assert [address(0, 0), address(8, 25), address(9, 26), address(0, 701), address(0, 702)] == ["A1", "Z9", "AA10", "ZZ1", "AAA1"]


def cell_of(sheet, label, column):
    return next(row[column] for row in sheet.iter_rows() if row[0].value == label)


def by_library(data, close="2025-12"):
    return nrr.retention(data, window=12, close=close).iloc[0]


@pytest.mark.slow
def test_libreoffice_calculates_what_the_library_says(sample, future, office):
    content = report.build(sample, form="xlsx", by="size", targets=TARGETS, **future)
    made = opened(recalculated(content, office), values=True)
    row = by_library(sample)
    for label in ("NRR", "GRR", "Logo retention"):
        want = row[label.lower().replace(" ", "_")]
        assert cell_of(made["Bridge"], label, 1).value == pytest.approx(want, abs=1e-12)
    assert cell_of(made["Bridge"], "Closing", 1).value == pytest.approx(
        float(nrr.movements(sample, window=12, close="2025-12").iloc[0].closing_mrr)
    )
    want = nrr.retention(sample, window=12, close="2025-12", by="size").set_index("segment")
    for segment in want.index:
        assert cell_of(made["Segments"], segment, 8).value == pytest.approx(want.nrr[segment], abs=1e-12)
        assert cell_of(made["Segments"], segment, 9).value == pytest.approx(want.grr[segment], abs=1e-12)
    assert cell_of(made["Scenario"], "Scenario", 1).value == pytest.approx(1_000_000)
    kept = opened(content, values=True)
    for sheet in kept:
        for line in sheet.iter_rows():
            for cell in line:
                again = made[sheet.title][cell.coordinate].value
                assert again == cell.value or again == pytest.approx(cell.value, abs=1e-12, rel=1e-12), (sheet.title, cell.coordinate)


@pytest.mark.slow
def test_the_formulas_are_live_and_the_check_sees_a_number_in_their_place(sample, office):
    live = opened(report.build(sample, form="xlsx"))
    sheet = live["Bridge"]
    opening, expansion = sheet["B2"].value, sheet["B3"].value
    want = by_library(sample).nrr + expansion / opening
    sheet["B3"].value = 2 * expansion
    assert cell_of(opened(again(live, office), values=True)["Bridge"], "NRR", 1).value == pytest.approx(want, abs=1e-12)
    cell_of(sheet, "NRR", 1).value = float(by_library(sample).nrr)  # the control: a number, as a copy of the table would have
    assert cell_of(opened(again(live, office), values=True)["Bridge"], "NRR", 1).value != pytest.approx(want, abs=1e-12)


def recalculated(content, office):
    """The workbook as LibreOffice calculates it: openpyxl leaves the values out that were kept beside the formulas."""
    return again(opened(content), office)


def again(book, office):
    target = io.BytesIO()
    book.save(target)
    return office(target.getvalue(), "pack.xlsx", "xlsx").read_bytes()


def test_a_ratio_without_a_base_is_empty():
    empty = opened(report.build(EDGES["zero opening"](), form="xlsx", window=1), values=True)
    assert cell_of(empty["Bridge"], "NRR", 1).value in {None, ""}


def test_the_table_has_every_figure_of_the_pages_once(sample, future):
    content = report.build(sample, form="csv", by="size", **future).decode()
    rows = list(csv.DictReader(line for line in io.StringIO(content) if not line.startswith("#")))
    assert set(rows[0]) == {"page", "item", "value", "unit"}
    assert len({tuple(row.values()) for row in rows}) == len(rows)
    found = {(row["page"], row["item"]): row["value"] for row in rows}
    assert float(found["outcomes", "NRR"]) == by_library(sample).nrr
    bridge = nrr.movements(sample, window=12, close="2025-12").iloc[0]
    assert found["bridge", "Churn"] == str(bridge.churn_mrr)
    kept = {(row["page"], row["value"]) for row in rows}
    for page in made_pages(facts_of(sample, by="size", **future)):
        for figure in figures(page):
            value = "" if figure.value is None else str(figure.value)
            assert figure.unit in {"name", "text"} or (page.kind, value) in kept


def test_no_cell_of_the_table_is_a_formula():
    content = report.build(EDGES["hostile names"](), form="csv", window=1).decode()
    for row in csv.reader(line for line in io.StringIO(content) if not line.startswith("#")):
        assert not [cell for cell in row if cell.startswith(("=", "+", "@", "＝")) or (cell.startswith("-") and not number(cell))]


def number(text):
    return bool(np.isfinite(float(text)))


def test_the_same_figures_give_the_same_bytes(book):
    for form in ("xlsx", "csv"):
        assert report.build(book, window=1, form=form) == report.build(book, window=1, form=form)
