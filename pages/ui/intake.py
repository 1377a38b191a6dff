"""Upload: files in, questions answered, progress shown, dataset replaced."""

from typing import Any

import streamlit as st

from nrr_core.errors import NeedsAnswer, NrrError
from nrr_core.formats import plain_text
from nrr_core.ingest import Options
from pages.ui import jobs, present, state, templates

__all__ = ["upload"]

_TYPES = ["csv", "tsv", "txt", "xlsx", "parquet"]
_FIELDS = ("account_id", "month", "mrr", "start_date", "end_date", "amount", "interval", "interval_count", "currency")
_EMPTY = "(guess)"


def upload() -> None:
    """The upload form, a running import, or what it asks."""
    held = state.source()
    job: jobs.ImportJob | None = state.recall("job")
    if job is not None and not job.done:
        _running(job)
        return
    if job is not None:
        _finish(job)
    title = "Upload your revenue" if held.sample else "Upload another file"
    with st.expander(title, expanded=held.sample or state.recall("refusal") is not None, icon=":material/upload_file:"):
        _form()
    if not held.sample:
        st.button("Back to the sample data", icon=":material/science:", on_click=_to_sample, type="tertiary")


def _to_sample() -> None:
    state.use(None)
    state.drop("refusal")


def _form() -> None:
    left, right = st.columns(2)
    revenue = left.file_uploader(
        "Revenue file", _TYPES, key="revenue_file",
        help="One row per account and month, months as columns, or spans with start and end. CSV, Excel or Parquet.",
    )  # fmt: skip
    accounts = right.file_uploader("Account attributes (optional)", _TYPES, key="accounts_file", help="Joined by account id.")
    refusal: NrrError | None = state.recall("refusal")
    if refusal is not None:
        st.error(present.safe_text(str(refusal)), icon=":material/error:")
    answers = _questions(refusal) if isinstance(refusal, NeedsAnswer) else {}
    mapping, last = _corrections()
    if st.button("Read the file", type="primary", disabled=revenue is None, icon=":material/play_arrow:"):
        second = (accounts.name, accounts.getvalue()) if accounts else None
        kept = {**state.recall("answers", {}), **answers}
        state.remember("answers", kept)
        state.drop("refusal")
        options = Options(mapping=tuple(sorted(mapping.items())), answers=tuple(sorted(kept.items())))
        job = jobs.start(plain_text(revenue.name, limit=80), revenue.getvalue(), second, options=options, last=last)
        state.remember("job", job)
        st.rerun()
    templates.downloads()


def _questions(refusal: NeedsAnswer) -> dict[str, str]:
    """A choice for every open question; the answers go with the next attempt."""
    answers: dict[str, str] = {}
    for question in refusal.questions:
        if question.default is not None:
            continue
        texts = dict(question.options)
        if not texts:
            typed = st.text_input(present.safe_text(question.text), key=f"q_{question.key}")
            if typed:
                answers[question.key] = typed
            continue
        chosen = st.radio(
            present.safe_text(question.text), list(texts), key=f"q_{question.key}", index=None,
            format_func=lambda answer, texts=texts: present.safe_text(texts[answer] or answer),
        )  # fmt: skip
        if chosen:
            answers[question.key] = chosen
    return answers


def _corrections() -> tuple[dict[str, str], str | None]:
    """Columns named by hand where the guess is wrong, and the last month that counts."""
    mapping: dict[str, str] = {}
    with st.popover("Columns and last month", icon=":material/tune:"):
        st.caption("Columns are found by their names. Name one here only where that goes wrong, as it is written in the file.")
        with st.grid(2):
            for field in _FIELDS:
                typed = st.text_input(field.replace("_", " ").capitalize(), key=f"map_{field}", placeholder=_EMPTY)
                if typed:
                    mapping[field] = typed
        last = st.text_input("Last month that counts", key="last_month", placeholder="YYYY-MM, default: the latest in the file")
    return mapping, last or None


@st.fragment(run_every=0.5)
def _running(job: jobs.ImportJob) -> None:
    """Progress of a running import; it can be stopped."""
    if job.done:
        st.rerun()
    st.progress(min(max(job.share, 0.0), 1.0), text=f"{job.step.capitalize()} …")
    st.button("Stop the import", icon=":material/stop_circle:", on_click=job.cancel)


def _finish(job: jobs.ImportJob) -> None:
    """Take over what an ended import left: a dataset, or the reason why there is none."""
    state.drop("job")
    if job.dataset is not None:
        state.use(job.dataset)
        state.drop("answers")
        state.clear("q_")
        st.toast(f"Read {job.dataset.accounts:,} accounts.", icon=":material/check_circle:")
        st.rerun()
    refusal: Any = job.error
    if not isinstance(refusal, NrrError):
        refusal = NrrError("The import failed on our side and nothing was kept. The log has the details.")
    state.remember("refusal", refusal)
