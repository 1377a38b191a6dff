"""Uploading: what happens around a click while a file is being read."""

import pytest
from face import opened, read, reread, unbroken
from streamlit.testing.v1 import AppTest


def late_tick():
    """A page on which the browser's clock calls the progress of an import that has been taken over already."""
    from types import SimpleNamespace  # noqa: PLC0415 - AppTest runs the function's text alone

    import streamlit as st  # noqa: PLC0415

    from pages.ui import intake, state  # noqa: PLC0415

    runs = state.recall("runs", 0) + 1
    state.remember("runs", runs)
    if runs == 1:
        intake._running(SimpleNamespace(done=True, share=1.0, step="done", cancel=None))
    st.text(f"runs: {runs}")


def test_a_late_tick_of_the_progress_does_not_run_the_page_again_and_so_undo_a_click_on_another_page():
    page = AppTest.from_function(late_tick).run()
    assert [text.value for text in page.text] == ["runs: 1"]


HEADER = "account_id,month,mrr_usd\n"
MINUS = HEADER + "A,2025-01,-100\nA,2025-02,-100\nB,2025-01,-50\n"
OTHER = HEADER + "C,2025-01,-70\nC,2025-02,-70\nD,2025-01,-10\n"


@pytest.mark.usefixtures("own_store")
def test_an_answer_about_one_file_is_none_about_the_next():
    """Once, “turn every sign round” went with whatever was uploaded after it."""
    app = read(opened("data"), "minus.csv", MINUS)
    app.radio(key="q_sign").set_value("flip")
    app.file_uploader(key="revenue_file").upload("other.csv", OTHER.encode())
    app = unbroken(app.run())
    assert not app.radio
    assert not app.info
    app = reread(app)
    assert app.radio(key="q_sign").value is None
    app.radio(key="q_sign").set_value("flip")
    app = reread(unbroken(app.run()))
    assert app.session_state["kept_import"].data.report["sum_accepted"] == "150.00"


@pytest.mark.usefixtures("own_store")
def test_an_answer_stays_while_the_file_is_the_same():
    app = read(opened("data"), "minus.csv", MINUS)
    app.radio(key="q_sign").set_value("flip")
    app = unbroken(app.run())
    assert app.radio(key="q_sign").value == "flip"
    assert reread(app).session_state["kept_import"].data.report["sum_accepted"] == "250.00"
