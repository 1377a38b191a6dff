"""Names that would act in a spreadsheet, downloaded in a browser. What they do on the pages is the bar `text` (`qa/bars/text.py`)."""

import csv
import io

import openpyxl
import pytest

from qa.visitor import Visitor

PAYLOADS = (
    "![x](http://evil.test/a.png)",
    "[a](javascript:alert(1))",
    ":red[x]",
    "$a$",
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<svg onload=alert(1)>",
    "=1+1",
    '=HYPERLINK("http://evil.test","x")',
    "https://evil.test/b.png",
    "javascript:alert(1)",
    "**bold**",
)


def hostile():
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(["account_id", "month", "mrr_usd", *PAYLOADS[:6]])
    for k, payload in enumerate(PAYLOADS):
        for month in range(1, 5):
            segments = [PAYLOADS[(k + shift) % len(PAYLOADS)] for shift in range(6)]
            write.writerow([payload, f"2025-{month:02d}", 100 + k * month, *segments])
    return {"name": "![n](http:__evil.test).csv", "mimeType": "text/csv", "buffer": out.getvalue().encode()}


@pytest.fixture(scope="module")
def visitor(server, browser):
    made = Visitor(browser, server.url).open("data")
    made.upload(hostile()).read()
    made.page.get_by_test_id("stSidebar").get_by_text("Not saved").wait_for(timeout=60_000)
    made.settle()
    yield made
    made.close()


def test_a_downloaded_workbook_has_no_formula(visitor):
    visitor.turn("Accounts")
    made = visitor.download(visitor.page.get_by_role("button", name="XLSX"))
    cells = [cell for sheet in openpyxl.load_workbook(io.BytesIO(made.read_bytes())) for row in sheet for cell in row]
    assert {cell.value for cell in cells} >= set(PAYLOADS)
    assert [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink] == []
