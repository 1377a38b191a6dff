"""Lists of what people named: a widget knows an option by its label alone, so one name may stand for two things nowhere."""

import pytest
from face import cards, labelled, opened, press, read, unbroken
from hypothesis import given
from hypothesis import strategies as st
from test_sharing import FIRST, SECOND, _saved, uploaded  # noqa: F401 - the fixture "saved" among them

import nrr_core as nrr
from nrr_core.errors import StoreError
from nrr_core.store import publish_file
from pages.ui import backend, naming

pytestmark = pytest.mark.usefixtures("own_store")
few = st.sampled_from(["book", "book (2)", "book (3)", "book · 0abcde", "Sample data", "x" * 60, "x" * 70, "x" * 200, "x" * 201])


@given(st.lists(few | st.text(max_size=5), unique=True, max_size=8))
def test_names_from_data_are_never_alike(options):
    called = naming.names(tuple(options))
    assert len({called(option) for option in options}) == len(options)


@given(st.lists(few | st.text(max_size=5), max_size=6))
def test_names_that_people_gave_are_never_alike(given_names):
    named = {f"{n}abcdefgh": name for n, name in enumerate(given_names)}
    labels = naming.labels(named, taken=["Sample data"])
    assert list(labels) == list(named)
    assert len({*labels.values(), "Sample data"}) == len(named) + 1


def test_a_label_never_passes_from_one_thing_to_another():
    both = naming.labels({"aaaaaaa1": "book", "bbbbbbb2": "book", "c": "other"})
    assert both == {"aaaaaaa1": "book · aaaaaa", "bbbbbbb2": "book · bbbbbb", "c": "other"}
    assert naming.labels({"bbbbbbb2": "book"}) == {"bbbbbbb2": "book"}


def test_of_two_datasets_of_one_name_each_stays_on_screen(saved):
    one, other = saved(), saved(SECOND)
    for held, nrr_shown in ((one, "80.0%"), (other, "113.3%")):
        app = opened("overview", d=held.dataset_id)
        for _ in range(2):  # the browser sends what was chosen with every click
            assert cards(app)["NRR"] == nrr_shown
            assert app.query_params["d"] == held.dataset_id
            unbroken(app.run())
    picker = labelled(app.sidebar.selectbox, "Data")
    picker.select(one.dataset_id)
    assert cards(unbroken(app.run()))["NRR"] == "80.0%"


def test_a_dataset_may_be_called_as_the_sample(saved):
    held = saved(name="Sample data")
    app = opened("overview", d=held.dataset_id)
    assert cards(unbroken(app.run()))["NRR"] == "80.0%"


def test_an_upload_of_a_known_name_is_saved_under_another_or_as_its_version(saved):
    held = saved(name="book")
    app = uploaded(SECOND)
    assert labelled(app.text_input, "Name").value == "book 2"
    labelled(app.text_input, "Name").set_value(" book ")
    press(unbroken(app.run()), "Save")
    assert "There is a dataset called “book” already." in app.warning[0].value
    me = backend.store().people.local
    assert [one.number for one in backend.store().datasets.listed(me, held.workspace_id)] == [1]
    labelled(app.text_input, "Name").set_value("book of May")
    press(unbroken(app.run()), "Save")
    assert sorted(one.name for one in backend.store().datasets.listed(me, held.workspace_id)) == ["book", "book of May"]


def test_the_next_upload_is_not_saved_as_the_one_before(saved):
    """Once, the form kept the first file's name, and “New version of …” for whatever came next."""
    held = saved(name="plan")
    app = uploaded(FIRST)
    labelled(app.selectbox, "As").select(held.dataset_id)
    app = read(unbroken(app.run()), "other.csv", SECOND)
    assert labelled(app.selectbox, "As").value == ""
    assert labelled(app.text_input, "Name").value == "other"


def test_each_of_two_saved_cards_of_one_name_can_be_chosen(saved):
    held = saved()
    me, documents = backend.store().people.local, backend.store().documents
    for card in (nrr.PRESETS["movements-opening"].card, nrr.PRESETS["movements-all-with-returns"].card):
        documents.create(me, held.workspace_id, "card", "Ours", card.as_dict())
    app = opened("definitions", d=held.dataset_id, part="Reconcile")
    offered = [option for option in app.selectbox(key="rec_from").options if "(saved)" in option]
    assert len(set(offered)) == 2
    assert all(option.startswith("Ours · ") for option in offered)


def test_a_file_is_never_published_into_one_of_two(saved, tmp_path):
    saved()
    other = saved(SECOND)
    file = tmp_path / "book.csv"
    file.write_text(SECOND + "C,2025-02,5,Basic\n")
    store = backend.store()
    with pytest.raises(StoreError, match=r"2 datasets are called “Book”\. Name one by its id: .*\. Nothing was saved\."):
        publish_file(store, store.people.local, file, name="Book")
    held = publish_file(store, store.people.local, file, name=other.dataset_id)
    assert (held.dataset_id, held.name, held.number) == (other.dataset_id, "Book", 2)
