"""Uploading: what happens around a click while a file is being read."""

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
