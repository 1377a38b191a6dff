"""Upload: files in, questions answered, progress shown, dataset replaced."""

from typing import Any

import streamlit as st

from nrr_core.errors import NeedsAnswer, NrrError
from nrr_core.formats import plain_text
from nrr_core.ingest import Options
from pages.ui import jobs, naming, present, source, state, templates, who

__all__ = ["upload"]

_TYPES = ["csv", "tsv", "txt", "xlsx", "parquet"]
_FIELDS = {
    "account_id": "Account id", "month": "Month", "mrr": "MRR", "start_date": "Start date", "end_date": "End date",
    "amount": "Amount", "interval": "Billing interval", "interval_count": "Intervals billed", "currency": "Currency",
}  # fmt: skip
_GUESS = "(found by name)"
_File = tuple[str, bytes]  # name, as text to show, and contents
_Files = tuple[_File, _File | None, _File | None]  # revenue, account attributes, exchange rates


def upload() -> None:
    """The upload form, a running import, or what it asks."""
    held, place = source.current(), who.place()
    if place is None or not place.may("publish"):
        st.caption("Your role here is viewer: editors upload and save data.")
        return
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
    source.pick_sample()
    _forget()


def _form() -> None:
    given = _uploaders()
    if _is_another(given[0]):
        _forget()
    refusal: NrrError | None = state.recall("refusal")
    files = _files(given, state.recall("files") if refusal is not None else None)
    if refusal is not None:
        _explain(refusal)
        before = [had[0] for had, new in zip(files or (), given, strict=False) if had is not None and new is None]
        if before:
            st.caption(f"Kept from the last attempt: {present.safe_text(', '.join(before))}")
    answers = _questions(refusal) if isinstance(refusal, NeedsAnswer) else {}
    mapping, last = _corrections(refusal)
    if st.button("Read the file", type="primary", disabled=files is None, icon=":material/play_arrow:") and files:
        kept = {**state.recall("answers", {}), **answers}
        state.remember("answers", kept)
        state.remember("files", files)
        state.drop("refusal")
        options = Options(mapping=tuple(sorted(mapping.items())), answers=tuple(sorted(kept.items())))
        state.remember("job", _begin(files, options, last))
        st.rerun()
    templates.downloads()


def _is_another(revenue: _File | None) -> bool:
    """Whether this is not the file of the last attempt."""
    tried: _Files | None = state.recall("files")
    return revenue is not None and tried is not None and revenue != tried[0]


def _forget() -> None:
    """What was asked and answered about one file says nothing about another."""
    for kept in ("refusal", "answers", "files"):
        state.drop(kept)
    state.clear("q_", "map_", "last_month")


def _uploaders() -> tuple[_File | None, _File | None, _File | None]:
    """What was put into the three places for files."""
    with st.grid(3, min_column_width=240):
        found = (
            st.file_uploader(
                "Revenue file", _TYPES, key="revenue_file",
                help="One row per account and month, months as columns, or spans with start and end. CSV, Excel or Parquet.",
            ),
            st.file_uploader("Account attributes (optional)", _TYPES, key="accounts_file", help="Joined by account id."),
            st.file_uploader(
                "Exchange rates (optional)", _TYPES, key="rates_file",
                help="For amounts in several currencies: columns currency, month, rate. The currency whose rate is always 1 is the base.",
            ),
        )  # fmt: skip
    return _named(found[0]), _named(found[1]), _named(found[2])


def _named(file: Any) -> _File | None:
    return (plain_text(file.name, limit=80), file.getvalue()) if file else None


def _files(given: tuple[_File | None, _File | None, _File | None], kept: _Files | None) -> _Files | None:
    """What is read next: the files that were given, and those kept from the last attempt where no revenue file is given anew."""
    revenue, accounts, rates = given
    if revenue is not None:
        return revenue, accounts, rates
    return None if kept is None else (kept[0], accounts or kept[1], rates or kept[2])


def _begin(files: _Files, options: Options, last: str | None) -> jobs.ImportJob:
    place = who.place()
    return jobs.start(who.actor(), place.workspace_id if place else "", files[0], files[1], rates=files[2], options=options, last=last)


def _explain(refusal: NrrError) -> None:
    """Why there is no dataset yet, in the words of this form."""
    if isinstance(refusal, NeedsAnswer):
        st.info("This file can be read in more than one way. Answer below, then read it again.", icon=":material/help:")
    else:
        st.error(present.safe_text(str(refusal).replace(" (--map FIELD=COLUMN)", " below")), icon=":material/error:")


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


def _corrections(refusal: NrrError | None) -> tuple[dict[str, str], str | None]:
    """Columns chosen by hand where the guess is wrong, and the last month that counts."""
    known = _known_columns(refusal)
    needed = bool(getattr(refusal, "columns", ())) and not isinstance(refusal, NeedsAnswer)
    place = st.container(border=True) if needed else st.popover("Columns and last month", icon=":material/tune:")
    with place:
        if known:
            st.caption("Columns are found by their names. Choose one only where that goes wrong.")
        else:
            st.caption("Columns are found by their names. After the first reading you can choose them here.")
        mapping = _mapping(known) if known else {}
        last = st.text_input("Last month that counts", key="last_month", placeholder="YYYY-MM, default: the latest in the file")
    return mapping, last or None


def _mapping(known: list[str]) -> dict[str, str]:
    """A column for each field that is not to be found by its name."""
    mapping: dict[str, str] = {}
    with st.grid(3, min_column_width=180):
        for field, label in _FIELDS.items():
            chosen = st.selectbox(label, [_GUESS, *known], key=f"map_{field}", format_func=naming.names(tuple(known)))
            if chosen != _GUESS:
                mapping[field] = chosen
    return mapping


def _known_columns(refusal: NrrError | None) -> list[str]:
    """The columns of the file read last: of the one that was refused, or of the dataset on screen."""
    held = source.current()
    columns = getattr(refusal, "columns", ()) or (() if held.sample else held.data.report["preview"][0])
    return list(dict.fromkeys(c for c in columns if c))


@st.fragment(run_every=0.5)
def _running(job: jobs.ImportJob) -> None:
    """Progress of a running import; it can be stopped."""
    if state.recall("job") is not job:
        return  # a late tick of the browser's clock: to run the page again would undo a click on another page
    if job.done:
        st.rerun()
    st.progress(min(max(job.share, 0.0), 1.0), text=present.safe_text(f"{job.step[:1].upper()}{job.step[1:]} …"))
    st.button("Stop the import", icon=":material/stop_circle:", on_click=job.cancel)


def _finish(job: jobs.ImportJob) -> None:
    """Take over what an ended import left: a dataset, or the reason why there is none."""
    state.drop("job")
    if job.dataset is not None:
        source.adopt(job.dataset, job.draft)
        _forget()
        st.toast(f"Read {present.counted(job.dataset.accounts, 'account')}.", icon=":material/check_circle:")
        st.rerun()
    refusal: Any = job.error
    if not isinstance(refusal, NrrError):
        refusal = NrrError("The import failed on our side and nothing was kept. The log has the details.")
    state.remember("refusal", refusal)
