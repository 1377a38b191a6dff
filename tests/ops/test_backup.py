"""A backup brings everything back, on either database; what is not a whole backup is refused."""

import hashlib
import io
import json
import random
import subprocess
import tarfile
import time
from dataclasses import replace

import pytest
import sqlalchemy as sa
from shelves import numbers, owner, publish, rows

from nrr_core.cli import main
from nrr_core.errors import StoreError
from nrr_core.store import SignedOut, archive, backup, open_store, session_key
from nrr_core.store.backup import back_up
from nrr_core.store.restore import restore

WAYS = [("sqlite", "sqlite"), ("postgres", "postgres"), ("sqlite", "postgres"), ("postgres", "sqlite")]


def resealed(path, change):
    """A backup whose members were changed by somebody who can also make its last hash right."""
    with tarfile.open(path) as tar:
        members = [(m.name, tar.extractfile(m).read()) for m in tar if m.name != "sha256"]
    whole = b"".join(archive.header(n, len(b)) + b + archive.padding(len(b)) for n, b in change(members))
    path.write_bytes(whole + archive.trailer(hashlib.sha256(whole).hexdigest()))
    return path


@pytest.mark.parametrize(("origin", "target"), WAYS, ids=["-".join(way) for way in WAYS])
def test_every_number_and_row_comes_back(origin, target, filled, empty, tmp_path):
    settings, path = filled(origin), tmp_path / "backup.tar"
    before = numbers(settings), rows(settings)
    saved = back_up(settings, path)
    emptied = empty(target)
    assert restore(emptied, path) == saved
    assert (numbers(emptied), rows(emptied)) == before
    assert len(before[0]) == 2
    assert saved.versions == 3
    assert not list((emptied.folder / "tmp").iterdir())


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_restored_store_goes_on_and_stays_append_only(kind, saved, empty, tmp_path):
    (tmp_path / "backup.tar").write_bytes(saved)
    settings = empty(kind)
    restore(settings, tmp_path / "backup.tar")
    store = open_store(settings)
    actor = owner(store)
    place = actor.memberships[0].workspace_id
    newest = store.datasets.listed(actor, place)[0]
    assert publish(store, actor, place, tmp_path, "33", name="Book", dataset_id=newest.dataset_id).number == 3
    ids = sa.text("select id from audit order by id")
    with store.catalogue.read() as con:
        audit = list(con.execute(ids).scalars())
    assert audit == list(range(1, len(audit) + 1))
    for statement in ("delete from audit", "update versions set number = 9", "delete from document_versions"):
        with pytest.raises(sa.exc.DatabaseError, match="append-only"), store.catalogue.write() as con:
            con.execute(sa.text(statement))
    store.close()


def test_a_sign_in_of_before_the_backup_does_not_hold_afterwards(filled, empty, tmp_path):
    settings = replace(filled("sqlite"), domains=("*",))
    claims = {"iss": "i", "sub": "s", "email": "a@example.com", "email_verified": True, "iat": time.time()}
    store = open_store(settings)
    store.people.sign_in(claims)
    assert store.people.of_session(session_key(claims)).email == "a@example.com"
    store.close()
    back_up(settings, tmp_path / "backup.tar")
    emptied = replace(empty("sqlite"), domains=("*",))
    restore(emptied, tmp_path / "backup.tar")
    store = open_store(emptied)
    with pytest.raises(SignedOut):
        store.people.of_session(session_key(claims))
    store.close()


def test_one_changed_byte_anywhere_is_refused(saved, empty, tmp_path):
    path = tmp_path / "backup.tar"
    path.write_bytes(saved)
    whole = saved
    places = [0, 300, 600, len(whole) // 2, len(whole) - 2048, len(whole) - 1500, len(whole) - 1]
    places += random.Random(1).sample(range(len(whole)), 40)
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(StoreError, match=r"damaged or cut off|not a backup"):
            restore(empty("sqlite", f"e{place}"), path)
        assert not (tmp_path / f"e{place}").exists()
    path.write_bytes(whole)
    assert restore(empty("sqlite"), path).versions == 3  # the control: the bytes as they were are taken


def test_a_backup_that_is_cut_off_is_refused(saved, empty, tmp_path):
    path = tmp_path / "backup.tar"
    path.write_bytes(saved)
    whole = saved
    for size in (0, 100, 2048, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(StoreError):
            restore(empty("sqlite"), path)


CHANGES = {
    "another name": lambda m: [*m, ("canonical/../../evil", b"x")],
    "an absolute name": lambda m: [*m, ("/etc/evil", b"x")],
    "a file the manifest does not name": lambda m: [*m, (f"raw/{'0' * 64}", b"x")],
    "a file with other bytes": lambda m: [(n, b"x" + b[1:] if n.startswith("canonical/") else b) for n, b in m],
    "a catalogue with other rows": lambda m: [(n, b.replace(b"Less churn", b"Less CHURN")) for n, b in m],
    "a missing file": lambda m: [(n, b) for n, b in m if not n.startswith("raw/")],
    "a missing table": lambda m: [(n, b) for n, b in m if n != "catalogue/audit.jsonl"],
    "no manifest": lambda m: m[1:],
    "another form": lambda m: [(m[0][0], m[0][1].replace(b'"form": 1', b'"form": 2')), *m[1:]],
    "a newer schema": lambda m: [(m[0][0], m[0][1].replace(b'"revision": "0001"', b'"revision": "9999"')), *m[1:]],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_backup_with_something_else_in_it_is_refused(change, saved, empty, tmp_path):
    path = tmp_path / "backup.tar"
    path.write_bytes(saved)
    with pytest.raises(StoreError):
        restore(empty("sqlite"), resealed(path, CHANGES[change]))
    assert not (tmp_path / "evil").exists()
    path.write_bytes(saved)
    assert restore(empty("sqlite", "control"), resealed(path, lambda m: m)).files > 0  # the control: resealing alone is no reason


def test_a_link_in_place_of_a_file_is_refused(saved, empty, tmp_path):
    path = tmp_path / "backup.tar"
    path.write_bytes(saved)
    whole = bytearray(saved)
    with tarfile.open(path) as tar:
        offset = next(m.offset for m in tar if m.name.startswith("raw/"))
    whole[offset + 156 : offset + 157] = b"2"  # a symbolic link
    total = sum(whole[offset : offset + 148]) + 8 * 32 + sum(whole[offset + 156 : offset + 512])
    whole[offset + 148 : offset + 156] = f"{total:06o}\0 ".encode()
    path.write_bytes(bytes(whole[:-2048]) + archive.trailer(hashlib.sha256(whole[:-2048]).hexdigest()))
    with pytest.raises(StoreError):
        restore(empty("sqlite"), path)


def test_a_store_with_anything_in_it_is_left_alone(filled, empty, tmp_path):
    settings, path = filled("sqlite"), tmp_path / "backup.tar"
    back_up(settings, path)
    before = rows(settings)
    with pytest.raises(StoreError, match="not empty"):
        restore(settings, path)
    assert rows(settings) == before
    opened = empty("sqlite")
    open_store(opened).close()
    restore(opened, path)  # the control: a store that was only opened is empty
    assert rows(opened) == before


def test_a_backup_of_a_damaged_store_is_refused_and_leaves_no_file(filled, tmp_path):
    settings = filled("sqlite")
    path = next((settings.folder / "canonical").iterdir())
    good = path.read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(StoreError, match="damaged"):
        back_up(settings, tmp_path / "out.tar")
    path.unlink()
    with pytest.raises(StoreError, match="missing"):
        back_up(settings, tmp_path / "out.tar")
    assert not [p for p in tmp_path.iterdir() if "out.tar" in p.name]
    path.write_bytes(good)
    back_up(settings, tmp_path / "out.tar")  # the control: with the bytes as they were it is written
    with pytest.raises(StoreError, match="exists"):
        back_up(settings, tmp_path / "out.tar")


def test_a_backup_is_private_and_a_plain_tar(filled, tmp_path):
    back_up(filled("sqlite"), tmp_path / "out.tar")
    assert (tmp_path / "out.tar").stat().st_mode & 0o077 == 0
    with tarfile.open(tmp_path / "out.tar") as tar:
        manifest = json.load(io.TextIOWrapper(tar.extractfile("manifest.json")))
    (tmp_path / "unpacked").mkdir()
    subprocess.run(["tar", "-xf", tmp_path / "out.tar", "-C", tmp_path / "unpacked"], check=True)
    assert {p.name for p in (tmp_path / "unpacked" / "raw").iterdir()} == {n[4:] for n in manifest["files"] if n.startswith("raw/")}


def test_files_published_while_a_backup_runs_are_in_it_whole_or_not_at_all(filled, empty, tmp_path, monkeypatch):
    """The catalogue is read first: what is published after that moment is not in the backup."""
    settings = filled("sqlite")
    before = rows(settings)
    told = backup._tables

    def and_then_publish(catalogue, spool):
        found = told(catalogue, spool)
        store = open_store(settings)
        actor = owner(store)
        publish(store, actor, actor.memberships[0].workspace_id, tmp_path, "99", name="Late")
        store.close()
        return found

    monkeypatch.setattr(backup, "_tables", and_then_publish)
    back_up(settings, tmp_path / "backup.tar")
    emptied = empty("sqlite")
    restore(emptied, tmp_path / "backup.tar")
    assert rows(emptied) == before
    assert rows(settings) != before


def test_the_command_line_backs_up_and_restores(filled, capsys, tmp_path, monkeypatch):
    settings = filled("sqlite")
    before = rows(settings)
    monkeypatch.setenv("NRR_DATA", str(settings.folder))
    assert main(["backup", str(tmp_path / "cli.tar")]) == 0
    assert "3 dataset versions" in capsys.readouterr().out
    assert main(["restore", str(tmp_path / "cli.tar")]) == 2
    assert "not empty" in capsys.readouterr().err
    monkeypatch.setenv("NRR_DATA", str(tmp_path / "new"))
    assert main(["restore", str(tmp_path / "cli.tar")]) == 0
    assert rows(replace(settings, data=tmp_path / "new")) == before
