"""What the tests put into a store and read back."""

import uuid

import sqlalchemy as sa

from nrr_core import explore
from nrr_core.reading import prepare
from nrr_core.store import Draft, open_store

TEXT = """account_id,month,mrr,plan
a,2024-01,100,Pro
a,2024-02,150,Pro
b,2024-01,50,Basic
b,2024-02,{last},Basic
"""


def owner(store):
    """The one person of a machine without sign-in."""
    return store.people.local


def fill(settings, work):
    """A dataset of two versions, a deleted dataset, a document saved twice, a link, and the audit log of all that."""
    store = open_store(settings)
    actor = owner(store)
    place = actor.memberships[0].workspace_id
    held = publish(store, actor, place, work, "40", name="Book = +1 “é”")
    publish(store, actor, place, work, "0", name="Book", dataset_id=held.dataset_id)
    gone = publish(store, actor, place, work, "7", name="Gone")
    store.datasets.delete(actor, gone.dataset_id)
    document = store.documents.create(actor, place, "scenario", "Less churn", {"levers": [1, 2.5, None, "ü"]})
    store.documents.save(actor, document.id, {"levers": []}, version=1)
    store.links.create(
        actor, place, page="waterfall", parameters={"by": ["plan"]}, dataset_id=held.dataset_id, version=1, title="Q1", days=7
    )
    store.close()
    return settings


def publish(store, actor, place, tmp_path, last, **more):
    source = tmp_path / f"revenue-{uuid.uuid4().hex}.csv"
    source.write_text(TEXT.format(last=last))
    raw = store.datasets.keep_raw(actor, place, "revenue.csv", source)
    made = store.files.scratch()
    prepare(source, made, tables=True)
    return store.datasets.publish(actor, place, Draft(made, (raw,)), **more)


def numbers(settings):
    """Every figure of every version, opened anew."""
    store = open_store(settings)
    try:
        actor = owner(store)
        answers = {}
        for newest in store.datasets.listed(actor, actor.memberships[0].workspace_id):
            for held in store.datasets.numbers(actor, newest.dataset_id):
                data = store.datasets.open(actor, held)
                frames = (explore.movements(data, window=1, by="plan"), explore.retention(data, window=1))
                answers[held.label, held.dataset_id] = [frame.astype(str).values.tolist() for frame in frames]
        return answers
    finally:
        store.close()


def rows(settings):
    """Every row of the catalogue but sign-ins, as text, by table."""
    store = open_store(settings)
    try:
        with store.catalogue.read() as con:
            held = sa.MetaData()
            held.reflect(con)
            return {
                table.name: sorted(repr(tuple(row)) for row in con.execute(sa.select(table)))
                for table in held.sorted_tables
                if table.name != "sessions"
            }
    finally:
        store.close()
