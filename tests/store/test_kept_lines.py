"""Lines that say more survive the store: types, subscriptions, native amounts and rates, in versions and in snapshots."""

import shutil

import pytest
from fine_files import RATES, REVENUE

import nrr_core as nrr
from nrr_core import store as stores
from nrr_core.definition import Definition
from nrr_core.engines import open_dataset
from nrr_core.ledgers import facts, under
from nrr_core.model.canonical import Part

CARDS = (
    Definition(),
    Definition(grain="subscription"),
    Definition(revenue_types=("recurring", "usage")),
    Definition(fx="reported"),
    Definition(grain="parent", gap_months=1, segment_as_of="latest", revenue_types=("recurring", "usage", "one_off")),
)


@pytest.fixture(name="files")
def _files(tmp_path):
    revenue, rates = tmp_path / "revenue.csv", tmp_path / "rates.csv"
    revenue.write_text(REVENUE, encoding="utf-8")
    rates.write_text(RATES, encoding="utf-8")
    return revenue, rates


def answers(data, card):
    return nrr.movements(under(data, card, opening=data.first), window=1, by="plan")


def test_a_version_answers_every_card_as_its_files_do_also_from_its_tables_alone(store, person, files):
    owner, (revenue, rates) = person("owner@example.com"), files
    held = stores.publish_file(store, owner, revenue, name="Book", rates=rates)
    want = [answers(nrr.read(revenue, rates=rates), card) for card in CARDS]
    assert len({frame.to_csv() for frame in want}) == len(CARDS), "the cards differ here"
    assert all(answers(store.datasets.open(owner, held), card).equals(frame) for card, frame in zip(CARDS, want, strict=True))
    shutil.rmtree(store.files.cache)
    store.files.cache.mkdir()
    again = store.datasets.open(owner, held)
    assert all(answers(again, card).equals(frame) for card, frame in zip(CARDS, want, strict=True))


def test_a_snapshot_answers_the_same_and_names_no_subscription(store, person, files):
    owner, (revenue, rates) = person("owner@example.com"), files
    held = stores.publish_file(store, owner, revenue, name="Book", rates=rates)
    copy = store.datasets.open(owner, store.datasets.snapshot(owner, held, name="For the board", keep=["plan"]))
    whole = store.datasets.open(owner, held)
    for card in CARDS[:4]:
        assert answers(copy, card).equals(answers(whole, card))
    assert facts(copy).parent == ""
    each = nrr.accounts(under(copy, Definition(grain="subscription")), window=1)
    assert all(name.startswith("Account 000") for name in each["account_id"])
    with copy.engine._con.cursor() as cursor:
        tables = [t for (t,) in cursor.execute("select table_name from duckdb_tables()").fetchall()]
        everything = repr([cursor.execute(f"select * from {t}").fetchall() for t in tables])
    assert not [word for word in ("Acme", "Beta", "sub-7", "sub-8", "Holding") if word in everything]


def test_a_part_holds_the_lines_of_its_accounts_only(store, person, files):
    owner, (revenue, rates) = person("owner@example.com"), files
    held = stores.publish_file(store, owner, revenue, name="Book", rates=rates)
    recipe, tables = store.datasets._stored(held)
    key = next(c.key for c in recipe.columns if c.name == "plan")
    part = open_dataset(store.datasets._models.folder(tables, recipe, Part(sha256="1" * 64, said="a part", keep=(key, "Basic"))))
    items = {row["item_id"] for row in part.engine.export("items").to_pylist()}
    assert items == {"sub-9"}
