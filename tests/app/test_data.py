"""Data: what was read, problems, control total; and files that come in."""

from face import cards, headline, opened, plain, press, table_with, turned, unbroken

GOOD = b"account_id,month,mrr_usd,plan\nA,2025-01,100,Pro\nA,2025-02,120,Pro\nB,2025-01,50,Basic\n"
ASKS = b"account_id,month,mrr_usd\nA,01/02/2025,100\nA,02/03/2025,120\nB,01/02/2025,50\n"
BAD = b"\x89PNG\r\n\x1a\n" + bytes(200)
BROKEN_ROW = "account_id,month,mrr_usd,plan\nA,2025-01,100,Pro\nA,2025-02,120,Pro\nB,2025-01,lots,Basic\nB,2025-02,5,Basic\n"


def imported(app, content, name="revenue.csv"):
    """Upload a file and wait until its import has ended."""
    app.file_uploader(key="revenue_file").upload(name, content)
    unbroken(app.run())
    return finished(press(app, "Read the file"))


def finished(app):
    job = app.session_state.get("kept_job")
    if job is not None:
        assert job.ended.wait(60)
    return unbroken(app.run())


def test_counts_are_the_report_s(book):
    shown = cards(opened("data", book))
    report = book.report
    assert shown["Lines in the file"] == f"{report['lines_total']:,}"
    assert shown["Rows accepted"] == f"{report['rows_accepted']:,}"
    assert shown["Rows set aside"] == "0"


def test_sums_are_the_report_s(book):
    total = f"{float(book.report['sum_accepted']):,.2f}"
    assert any(f"{total} accepted + 0.00 set aside" in one.value for one in opened("data", book).text)


def test_a_row_set_aside_is_listed_with_its_reason(read):
    data = read(BROKEN_ROW)
    app = opened("data", data)
    assert headline(app) == "3 rows accepted, 1 set aside"
    assert len(table_with(app, "Reason", "As written")) == 1


def test_problems_are_listed_in_words(read):
    data = read(BROKEN_ROW)
    shown = table_with(opened("data", data), "verdict", "message")
    assert set(shown["verdict"]) <= {"Note", "Check", "Repaired", "Answered", "Set aside", "Refused"}
    assert shown["message"].str.len().min() > 10


def test_columns_are_listed_as_they_were_read(book):
    shown = table_with(opened("data", book), "Column", "Read as").set_index("Column")["Read as"].to_dict()
    assert shown == {"account_id": "account_id", "month": "month", "mrr_usd": "mrr", "region": "attribute", "plan": "attribute"}


def test_a_control_total_that_agrees_is_said(book):
    app = opened("data", book)
    app.number_input(key="control").set_value(380.0).run()
    assert app.success[0].value.startswith("Agrees: 380.00")


def test_a_control_total_that_differs_is_said_with_the_difference(book):
    app = opened("data", book)
    app.number_input(key="control").set_value(400.0).run()
    said = app.warning[0].value
    assert "20.00" in said
    assert "this data has 380.00, your ledger 400.00" in said


def test_a_cent_is_a_difference(book):
    app = opened("data", book)
    app.number_input(key="control").set_value(380.01).run()
    assert app.warning[0].value.startswith("Differs")


def test_a_control_total_is_compared_with_the_chosen_month(book):
    app = opened("data", book)
    app.selectbox(key="control_month").select("2025-06").run()
    app.number_input(key="control").set_value(430.0).run()
    assert app.success[0].value.startswith("Agrees: 430.00 at the end of Jun 2025")


def test_nothing_is_read_before_a_file_is_chosen():
    button = next(one for one in opened("data").button if one.label == "Read the file")
    assert button.disabled


def test_an_uploaded_file_becomes_the_dataset():
    app = imported(opened("data"), GOOD)
    assert headline(app) == "3 rows accepted, none set aside"
    assert any("Not saved" in one.value for one in app.sidebar.markdown)


def test_an_uploaded_file_s_figures_are_those_of_the_library():
    app = turned(imported(opened("data"), GOOD), "overview")
    assert cards(app)["NRR"] == "80.0%"  # 120 of 150


def test_an_uploaded_file_drops_the_filters_of_the_old_data():
    app = opened("waterfall", f_plan="Enterprise", window="24 months")
    app = turned(imported(turned(app, "data"), GOOD), "waterfall")
    assert app.multiselect(key="f_plan").value == []


def test_an_uploaded_file_drops_the_window_of_the_old_data():
    app = opened("waterfall", window="24 months")
    app = turned(imported(turned(app, "data"), GOOD), "waterfall")
    assert app.selectbox(key="window").value == "1 month"


def test_a_file_that_cannot_be_read_is_a_sentence():
    app = imported(opened("data"), BAD, name="picture.csv")
    assert len(app.error) == 1
    assert "PNG" in plain(app.error[0].value) or "picture" in plain(app.error[0].value)
    assert any("Sample data" in one.value for one in app.sidebar.markdown)


def test_a_question_is_asked_and_its_answer_taken():
    app = imported(opened("data"), ASKS)
    app.radio[0].set_value("dmy")
    app = finished(press(unbroken(app.run()), "Read the file"))
    assert not app.error
    assert app.session_state["kept_import"].data.months == ("2025-02", "2025-03")


def test_a_question_of_the_accounts_file_is_asked_and_its_answer_taken():
    app = opened("data")
    app.file_uploader(key="revenue_file").upload("book.csv", b"account_id,month,mrr\nA,2025-01,100\nA,2025-02,90\nB,2025-01,50\n")
    app.file_uploader(key="accounts_file").upload("accounts.csv", b"Kundennummer;tarif\nA;Pro\nB;Basic\n")
    app = finished(press(unbroken(app.run()), "Read the file"))
    assert plain(app.radio[0].label) == "Accounts file: No column is named like an account id. Which one holds it?"
    app.radio[0].set_value("1")
    app = finished(press(unbroken(app.run()), "Read the file"))
    assert not app.error
    assert app.session_state["kept_import"].data.dimensions == ("tarif",)


def test_a_stopped_import_keeps_the_old_data():
    rows = b"".join(b"A%06d,2025-%02d,%d\n" % (k, m, k % 90 + 1) for k in range(30_000) for m in range(1, 13))
    app = opened("data")
    app.file_uploader(key="revenue_file").upload("long.csv", b"account_id,month,mrr_usd\n" + rows)
    unbroken(app.run())
    app = press(app, "Read the file")
    app = finished(press(app, "Stop the import"))
    assert "source" not in app.session_state
    assert "stopped" in plain(app.error[0].value)


def test_after_a_refusal_another_file_is_read():
    app = imported(imported(opened("data"), BAD, name="picture.csv"), GOOD)
    assert not app.error
    assert headline(app) == "3 rows accepted, none set aside"
