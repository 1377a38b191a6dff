"""Files brought by a visitor: read, refused, asked about, stopped."""

import re

import nrr_core as nrr

GOOD = b"account_id,month,mrr_usd,region\nA,2025-01,100,EMEA\nA,2025-02,120,EMEA\nB,2025-01,50,APAC\nB,2025-02,20,APAC\n"
ASKS = b"account_id,month,mrr_usd\nA,01/02/2025,100\nA,02/03/2025,120\nB,01/02/2025,50\n"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(200)


def a_file(content, name="revenue.csv"):
    return {"name": name, "mimeType": "text/csv", "buffer": content}


def long_file():
    rows = (b"A%06d,2025-%02d,%d\n" % (k, m, k % 90 + 1) for k in range(40_000) for m in range(1, 13))
    return b"account_id,month,mrr_usd\n" + b"".join(rows)


def owned(visitor):
    visitor.page.get_by_test_id("stSidebar").get_by_text("Not saved").wait_for(timeout=60_000)
    return visitor.settle()


def uploaded(visitor, content, name="revenue.csv"):
    visitor.upload(a_file(content, name)).read()
    return owned(visitor)


def test_an_uploaded_file_becomes_the_data_on_every_page(visit, tmp_path):
    path = tmp_path / "revenue.csv"
    path.write_bytes(GOOD)
    rates = nrr.retention(nrr.read(path), window=1, close="2025-02").iloc[0]
    visitor = uploaded(visit("data"), GOOD)
    visitor.heading("4 rows accepted, none set aside").wait_for()
    visitor.turn("Overview")
    assert visitor.card("NRR") == f"{rates.nrr * 100:.1f}%" == "93.3%"
    assert visitor.card("GRR") == f"{rates.grr * 100:.1f}%" == "80.0%"
    assert visitor.card("Closing MRR") == "$140"
    visitor.turn("Waterfall")
    visitor.mark("Opening: $150").wait_for()
    assert visitor.broken() == []


def test_a_visitor_s_data_is_not_another_s(visit):
    uploaded(visit("data"), GOOD)
    assert visit("data").page.get_by_test_id("stSidebar").get_by_text("Sample data").count() == 1


def test_a_file_that_cannot_be_read_is_a_sentence(visit):
    visitor = visit("data")
    visitor.upload(a_file(PICTURE, "picture.csv")).read()
    told = visitor.page.get_by_test_id("stAlert").first
    told.wait_for(timeout=60_000)
    assert len(told.inner_text()) > 20
    assert visitor.page.get_by_test_id("stSidebar").get_by_text("Sample data").count() == 1
    assert visitor.broken() == []


def test_a_question_is_answered_without_choosing_the_file_again(visit):
    visitor = visit("data")
    visitor.upload(a_file(ASKS)).read()
    visitor.page.get_by_role("radio", name=re.compile("day first")).wait_for(timeout=60_000)
    visitor.settle()
    visitor.rerun(visitor.page.get_by_text(re.compile("day first")).first.click)
    visitor.page.get_by_role("button", name="Read the file").click(timeout=5_000)
    owned(visitor)
    visitor.page.get_by_test_id("stSidebar").get_by_text("2025-02 to 2025-03").wait_for()


def test_an_import_can_be_stopped(visit):
    visitor = visit("data")
    visitor.upload(a_file(long_file(), "long.csv")).read()
    visitor.page.get_by_role("button", name="Stop the import").click(timeout=30_000)
    visitor.page.get_by_test_id("stAlert").filter(has_text="stopped").wait_for(timeout=30_000)
    assert visitor.page.get_by_test_id("stSidebar").get_by_text("Sample data").count() == 1


def test_a_new_file_drops_the_filters_of_the_data_before(visit):
    visitor = visit("waterfall?f_plan=Enterprise&window=24+months")
    visitor.turn("Data")
    uploaded(visitor, GOOD)
    visitor.turn("Waterfall")
    assert "f_plan" not in visitor.page.url
    assert "window=24" not in visitor.page.url
    assert visitor.page.get_by_text("needs two period ends").count() == 0


def test_going_back_to_the_sample_brings_it_back(visit):
    visitor = uploaded(visit("data"), GOOD)
    visitor.rerun(visitor.page.get_by_role("button", name="Back to the sample data").click)
    visitor.page.get_by_test_id("stSidebar").get_by_text("Sample data").wait_for()
