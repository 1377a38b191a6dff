"""Export: nothing that is taken away runs in a spreadsheet, and what comes back is the same data."""

import ast
import csv
import io
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pandas as pd
from streamlit.testing.v1 import AppTest

import nrr_core as nrr
from nrr_core.ledger import account_key
from nrr_core.reading import prepare
from nrr_core.report import to_csv, to_xlsx
from nrr_core.store import Draft
from pages.ui import backend
from pages.ui.desk import Desk
from qa import digest, face
from qa.bar import Result
from qa.payloads import FORMULAS, HOST

__all__ = ["NAME", "run"]

NAME = "export"
MONTHS = tuple(f"2025-{month:02d}" for month in range(1, 9))
ATTRIBUTES = 4
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_FORMULA = re.compile(rb"<f(?: [^>]*)?>([^<]*)</f>")
_CELL = r"\$?[A-Z]{1,2}\$?[0-9]+"
_OURS = re.compile(rf'=?(IF\({_CELL}=0,"",.+\)|SUM\({_CELL}:{_CELL}\)|[-+*/().]|{_CELL})+')

Made = dict[str, tuple[str, bytes]]  # where → kind, file


def hostile(folder: Path) -> nrr.Dataset:
    """Every payload as account, segment, name of an attribute, amount that can't be read, and name of the file."""
    path = folder / "hostile.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out)
        names = [f"{FORMULAS[place].strip()}" for place in range(ATTRIBUTES)]
        write.writerow(["account_id", "month", "mrr_usd", *names, "renewal_date"])
        for k, payload in enumerate(FORMULAS):
            segments = [FORMULAS[(k + shift) % len(FORMULAS)] for shift in range(ATTRIBUTES)]
            for number, month in enumerate(MONTHS):
                write.writerow([payload, month, 100 + (k - 6) * number, *segments, "2025-11-15"])
            write.writerow([payload, MONTHS[0], payload, *segments, "2025-11-15"])
    return nrr.read(path, name=FORMULAS[-2])


def save(file: Path) -> str:
    """Saved datasets with names that are formulas: the audit log speaks of them. Returns one that has two versions."""
    held = [_saved(file, name) for name in (FORMULAS[0], FORMULAS[10], FORMULAS[12])]
    less = file.with_name("less.csv")
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    less.write_text("".join(line for line in lines if f",{MONTHS[1]}," not in line), encoding="utf-8")
    return _saved(less, FORMULAS[12], held[-1])


def _saved(file: Path, name: str, dataset_id: str | None = None) -> str:
    store = backend.store()
    me = store.people.local
    scratch = store.files.scratch()
    prepare(file, scratch, name=name, tables=True)
    return store.datasets.publish(me, me.memberships[0].workspace_id, Draft(scratch), name=name, dataset_id=dataset_id).dataset_id


def exports(data: nrr.Dataset, saved: str, *, full: bool) -> Made:
    """Every file that every page can make, in every state that has files of its own."""
    made: Made = {}
    drawn: set[str] = set()  # pictures are slow to make: in the quick form each once
    with face.making() as makers:
        for where, app in (*states(data, full=full), ("data, two versions", face.opened("data", d=saved))):
            for key, label, file in face.downloads(app, makers, without=drawn):
                made[f"{where}: {key}"] = (label, file)
                drawn |= {key} if label in {"PNG", "SVG"} and not full else set()
    return made


def states(data: nrr.Dataset, *, full: bool) -> Iterator[tuple[str, AppTest]]:
    """Pages as they can be left: opened, filtered, clicked."""
    axis = data.axes[0]
    kept = {f"f_{axis.name}": list(axis.segments)}
    for page in (*face.EXPLORING, "data", "workspace"):
        yield page, face.opened(page, data)
    for page in face.EXPLORING if full else ("waterfall", "accounts"):
        yield f"{page}, filtered", face.opened(page, data, **kept)
    yield "overview, month", face.clicked(face.opened("overview", data), "trend", month=MONTHS[-1])
    yield "waterfall, bar", face.clicked(face.opened("waterfall", data, **kept), "bridge", step="opening")
    app = face.opened("cohorts", data)
    app.selectbox(key="cohort_by").select(axis.name).run()
    yield "cohorts, cell", face.clicked(app, "heatmap", cohort=axis.segments[0], age=1)
    yield "segments, bar", face.clicked(face.opened("segments", data), "bars", segment=axis.segments[0])
    row, column = nrr.accounts(data, window=1)[list(data.dimensions[:2])].iloc[0]
    yield "segments, cell", face.clicked(face.opened("segments", data), "matrix", row=row, column=column)
    for section in ("Conventions", "Knobs"):
        yield f"definitions, {section}", face.opened("definitions", data, part=section)
    bridge = face.opened("definitions", data, part="Reconcile")
    bridge.selectbox(key="rec_from").select("In force").run()
    bridge.selectbox(key="rec_to").select(nrr.PRESETS["dashboard-with-reactivation"].title).run()
    bridge.selectbox(key="rec_step").select(2).run()
    yield "definitions, Reconcile", face.unbroken(bridge)
    for section in ("Why it moved", "Drivers", "Owners", "Fragility"):
        yield f"segments, {section}", face.opened("segments", data, show=section)
    told = face.opened("segments", data, show="Why it moved", window="1 month")
    yield "why it moved, part", face.clicked(told, "moved", step="Contraction")
    for side, moved in (("gains", "expansion"), ("losses", ("contraction", "churn"))):
        ranked = face.opened("segments", data, show="Drivers", window="1 month")
        ranked.selectbox(key="rank").select(axis.name).run()
        yield f"drivers, {side}", face.clicked(ranked, side, driver=str(nrr.accounts(data, window=1, state=moved)[axis.name].iloc[0]))
    yield "owners, point", face.clicked(face.opened("segments", data, show="Owners"), "books", owner=axis.segments[0])
    ids = nrr.accounts(data, window=1).account_id.tolist()
    for section in ("Result", "Decisions", "Goal seek", "Sensitivity", "Compare"):
        yield f"scenarios, {section}", planned(data, section, account=ids[0])
    for pack in ("QBR", "OKR", "Board") if full else ("QBR",):
        yield f"review, {pack}", face.opened("review", data, pack=pack)
    for account in ids if full else ids[:2]:
        yield f"account {account}", face.opened("accounts", data, account=account_key(account))


def planned(data: nrr.Dataset, section: str, *, account: str) -> AppTest:
    """A section of the Scenarios page with a lever, a decision, a target and a name that is a formula."""
    app = face.opened("scenarios", data, section=section)
    app.session_state["kept_desk"] = Desk(
        nrr.Scenario(
            levers=(nrr.Lever("churn", -0.5), nrr.Lever("price", 0.1)), decisions=(nrr.Decision(account, "lose", probability=0.5),),
            by=data.axes[0].name, horizon=3, months=1, target=0.9, name=FORMULAS[0],
        ),
        turn=1,
    )  # fmt: skip
    return face.unbroken(app.run())


def offered() -> set[str]:
    """Keys of the download buttons that the pages' source speaks of."""
    found: set[str] = set()
    for path in (face.ROOT / "pages").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                words = {word.arg: word.value for word in call.keywords}
                key = words.get("key")
                if isinstance(key, ast.Constant):
                    found |= _keys(call.func.attr, str(key.value), named="name" in words)
    return found


def _keys(function: str, key: str, *, named: bool) -> set[str]:
    if function in {"table", "downloads"}:
        return {f"{key}_csv", f"{key}_xlsx"}
    if function == "accounts_behind":
        return {f"{key}_people_csv", f"{key}_people_xlsx"}
    return {f"{key}_PNG", f"{key}_SVG"} if function == "chart" and named else set()


class _Live(HTMLParser):
    """Collects what a viewer of a picture would run or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Scripts, pictures in the picture, handlers, addresses."""
        self.found += [tag] if tag in {"script", "img", "image", "foreignobject", "iframe", "a"} else []
        self.found += [key for key, value in attrs if key.startswith("on") or ("href" in key and HOST in (value or ""))]


def acting(kind: str, file: bytes) -> list[str]:
    """What of a file would act where it is opened."""
    if file.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            return _parts_of_slides(archive) if "ppt/presentation.xml" in archive.namelist() else _cells_of_workbook(file)
    if kind.endswith("JSON"):
        json.loads(file)
        return []
    if kind == "SVG":
        look = _Live()
        look.feed(file.decode())
        return look.found
    if kind == "PNG":
        return [] if file.startswith(b"\x89PNG") and HOST.encode() not in file else ["no picture"]
    return _cells_of_text(file)


def _parts_of_slides(archive: zipfile.ZipFile) -> list[str]:
    """What acts in slides: addresses outside, and formulas in the workbooks behind the charts."""
    found = [name for name in archive.namelist() if name.endswith(".rels") and b'TargetMode="External"' in archive.read(name)]
    for name in archive.namelist():
        found += _cells_of_workbook(archive.read(name)) if name.endswith(".xlsx") else []
    return found


def _cells_of_workbook(file: bytes) -> list[str]:
    """Formulas and links; a formula of our own is made of cell addresses, and of nothing that a name could bring."""
    book = openpyxl.load_workbook(io.BytesIO(file))
    cells = [cell for sheet in book for row in sheet for cell in row]
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        parts = [name for name in archive.namelist() if "external" in name.lower()]
        parts += [
            name for name in archive.namelist()
            if "sheet" in name and not all(_OURS.fullmatch(text.decode()) for text in _FORMULA.findall(archive.read(name)))
        ]  # fmt: skip
    live = [cell for cell in cells if (cell.data_type == "f" and not _OURS.fullmatch(str(cell.value))) or cell.hyperlink]
    return [str(cell.value) for cell in live] + parts


def _cells_of_text(file: bytes) -> list[str]:
    rows = csv.reader(io.StringIO(file.decode("utf-8-sig"), newline=""))
    return [cell for row in rows for cell in row if cell.lstrip(" ").startswith(_STARTS) and not _NUMBER.fullmatch(cell.strip())]


def everything(data: nrr.Dataset) -> pd.DataFrame:
    """The dataset as a table of snapshots, from the histories of all accounts."""
    ids = sorted({account for month in data.months for account in nrr.accounts(data, window=1, close=month).account_id})
    histories = [nrr.history(data, account).drop(columns=["change_mrr", "movement"]).assign(account_id=account) for account in ids]
    whole = pd.concat(histories, ignore_index=True)
    return whole[whole["mrr"] > 0]


def returned(data: nrr.Dataset, folder: Path) -> list[str]:
    """Exports of a dataset that do not come back as the same data."""
    close = data.months[-1]
    snapshots = everything(data)
    people = nrr.accounts(data, window=1, close=close).assign(month=close)
    people = people[["account_id", "month", "closing_mrr", *data.dimensions]]
    wrong = []
    for name, frame, mapping in (("dataset", snapshots, None), ("accounts", people, {"mrr": "closing_mrr"})):
        for ending, file in (("csv", to_csv(frame)), ("xlsx", to_xlsx(frame, title=name))):
            path = folder / f"{name}.{ending}"
            path.write_bytes(file)
            again = nrr.read(path, mapping=mapping, answers={"sheet": "1"})
            same = digest.of_dataset(again) == digest.of_dataset(data) if name == "dataset" else _people(again) == _people(data)
            if not same:
                wrong.append(f"{path.name} came back as other data")
    return wrong


def _people(data: nrr.Dataset) -> set[tuple[str, ...]]:
    rows = everything(data)
    return set(digest.rows(rows.loc[rows["month"] == data.months[-1], ["account_id", "mrr", *sorted(data.dimensions)]]))


def control() -> dict[str, list[str]]:
    """What pandas writes of the same texts."""
    frame = pd.DataFrame({"account": FORMULAS})
    book = io.BytesIO()
    frame.to_excel(book, index=False, engine="openpyxl")
    return {"to_excel": acting("XLSX", book.getvalue()), "to_csv": acting("CSV", frame.to_csv(index=False).encode())}


def run(full: bool) -> Result:  # noqa: FBT001 - every bar is called this way
    """Every file of every page, the writers themselves, and the way there and back."""
    folder = Path(tempfile.mkdtemp(prefix="qa-export-"))
    try:
        data = hostile(folder)
        with face.own_store(folder / "store"):
            made = exports(data, save(folder / "hostile.csv"), full=full)
        raw = pd.DataFrame({f"{payload}name": FORMULAS for payload in FORMULAS})
        made |= {"writer: csv": ("CSV", to_csv(raw)), "writer: xlsx": ("XLSX", to_xlsx(raw, title=FORMULAS[0]))}
        wrong = returned(data, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found = {where: cells for where, (kind, file) in made.items() if (cells := acting(kind, file))}
    missed = sorted(offered() - {where.rpartition(": ")[2] for where in made})
    pandas = control()
    return Result(
        name=NAME,
        demanded=f"every export × {len(FORMULAS)} payloads: 0 formula cells; export → import gives the same content",
        found=f"{sum(map(len, found.values()))} formula cells in {len(made)} files, {len(missed)} exports not opened, "
        f"{4 - len(wrong)} of 4 ways back the same",
        control="pandas: " + ", ".join(f"{len(cells)} formula cells by {way}" for way, cells in pandas.items()),
        passed=not (found or missed or wrong),
        control_failed=all(pandas.values()),
        faults=(*(f"{where}: {cells[:3]}" for where, cells in found.items()), *(f"never opened: {key}" for key in missed), *wrong),
    )
