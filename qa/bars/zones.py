"""Time zone and locale: the machine's clock, language and hash seed change no figure.

``python -m qa.bars.zones FOLDER`` is one machine of them: it reads the files of the folder and prints its hashes.
"""

import datetime as dt
import hashlib
import json
import locale
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from pathlib import Path

import openpyxl
import pyarrow as pa
from pyarrow import parquet

import nrr_core as nrr
from nrr_core import explain
from nrr_core.engines import open_dataset
from nrr_core.reading import prepare_apart
from nrr_core.report import to_csv
from qa import digest
from qa.bar import Result

__all__ = ["NAME", "run"]

NAME = "time zone and locale"
ROOT = Path(__file__).resolve().parents[2]
ZONES = ("UTC", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Kiritimati")
SEEDS = ("0", "1", "2")
AT_ONCE = 2
LANGUAGES = ("de_DE", "tr_TR")
NOON_UTC = 1_735_700_399  # 2024-12-31 23:59:59 in Tokyo: another day, and another year, elsewhere
_SPANS = (  # account, start, end, mrr: instants around month ends, as exports write them
    ("I\u015f\u0131k", "2024-12-31T23:30:00-08:00", "2025-03-31T23:59:59-08:00", "100.00"),
    ("İzmir", "2025-01-01T00:00:00Z", "", "250.50"),
    ("Straße", "2025-01-31T22:00:00+00:00", "2025-05-01T00:00:00+14:00", "75.25"),
    ("title", "2025-02-28 23:00:00", "2025-04-30 01:00:00", "33.10"),
    ("TITLE", "2025-01-01T00:00:00+14:00", "2025-06-30T23:59:59+14:00", "12.00"),
)


def write_spans(folder: Path) -> None:
    """The same subscriptions with times of day: as text, as instants in Parquet, as cells of a workbook."""
    lines = [",".join(row) for row in (("account_id", "start_date", "end_date", "mrr_usd"), *_SPANS)]
    untidy = [
        f" {line} , {line[:3]}  x, '={line[:2]}" for line in lines[1:]
    ]  # columns that are tidied: their notes come in the file's order
    (folder / "spans.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    header = lines[0] + ",plan,region,owner\n"
    (folder / "spans.txt").write_text(header + "\n".join(f"{line},o" for line in untidy) + "\n", encoding="utf-8")
    instants = [[_instant(row[place]) for row in _SPANS] for place in (1, 2)]
    zoned = [pa.array(column, pa.timestamp("us", tz="Asia/Tokyo")) for column in instants]
    amounts = [Decimal(row[3]) for row in _SPANS]
    table = pa.table({"account_id": [row[0] for row in _SPANS], "start_date": zoned[0], "end_date": zoned[1], "mrr": amounts})
    parquet.write_table(table, folder / "spans.parquet")
    book = openpyxl.Workbook()
    book.active.append(["account_id", "start_date", "end_date", "mrr"])
    for account, start, end, mrr in _SPANS:
        written = [found and found.replace(tzinfo=None) for found in map(_instant, (start, end))]
        book.active.append([account, *written, float(mrr)])
    book.save(folder / "spans.xlsx")


def _instant(text: str) -> dt.datetime | None:
    """A time as written; without a zone, of UTC."""
    if not text:
        return None
    found = dt.datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def answers(data: nrr.Dataset) -> Iterator[str]:
    """Every kind of answer about a dataset, as hashes and texts."""
    yield json.dumps([data.sha256, data.months, data.report], sort_keys=True, default=str)
    by = next((axis.name for axis in data.axes if 1 < axis.count < 20), None)
    for window in (1, 3, 5, "quarter", "year_to_date"):
        for dimension in (None, by):
            yield digest.of_frame(nrr.retention(data, window=window, by=dimension))
        yield digest.of_frame(nrr.movements(data, window=window))
    for cadence in ("month", "quarter", "year"):
        yield digest.of_frame(nrr.cohorts(data, cadence=cadence))
    for close in data.months[-5:]:
        people = nrr.accounts(data, window=1, close=close, limit=300)
        yield digest.of_frame(people)
    yield digest.of_frame(nrr.accounts(data, window=1, contains="I"))
    for account in people.account_id[:5]:
        yield digest.of_frame(nrr.history(data, account))
    bridge = nrr.movements(data, window=3, close=data.months[-1])
    yield hashlib.sha256(to_csv(bridge)).hexdigest()
    yield explain.waterfall_finding(bridge, currency="$", factor=1)


def machine(folder: Path) -> dict[str, str]:
    """Hashes of this process: of the answers, and of three that depend on where and how it runs."""
    locale.setlocale(locale.LC_ALL, "")
    told = hashlib.sha256()
    for file in sorted(folder.glob("spans.*")):
        for text in answers(nrr.read(file)):
            told.update(text.encode())
    target = Path(tempfile.mkdtemp(prefix="qa-zones-"))
    try:
        prepare_apart(ROOT / "data" / "revenue.csv", target, accounts=ROOT / "data" / "accounts.csv", name="Sample data")
        for text in answers(open_dataset(target)):
            told.update(text.encode())
    finally:
        shutil.rmtree(target, ignore_errors=True)
    names = [row[0] for row in _SPANS]
    return {
        "answers": told.hexdigest(),
        "clock": str(dt.datetime.fromtimestamp(NOON_UTC)),  # noqa: DTZ006 - the control is a clock without a zone
        "seed": " ".join(set(names)),
        "language": time.strftime("%B %A", time.gmtime(NOON_UTC)),
    }


def machines(folder: Path, *, full: bool) -> list[dict[str, str]]:
    """Settings of the processes to compare: every zone with both seeds, and other languages where they can be made."""
    languages = [{"LC_ALL": f"{one}.UTF-8", "LOCPATH": str(folder)} for one in LANGUAGES if _language(folder, one)]
    languages.append({"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"})
    if full:
        return [{"TZ": zone, "PYTHONHASHSEED": seed, **one} for zone in ZONES for seed in SEEDS for one in languages]
    places = [(zone, SEEDS[number % len(SEEDS)]) for number, zone in enumerate(ZONES)]
    return [{"TZ": zone, "PYTHONHASHSEED": seed, **languages[n % len(languages)]} for n, (zone, seed) in enumerate(places)]


def _language(folder: Path, name: str) -> bool:
    """Whether the system could make a locale."""
    command = shutil.which("localedef")
    if command is None:
        return False
    done = subprocess.run([command, "-i", name, "-f", "UTF-8", str(folder / f"{name}.UTF-8")], capture_output=True, check=False)
    return done.returncode == 0


def run(full: bool) -> Result:  # noqa: FBT001 - every bar is called this way
    """The same questions on differently set machines."""
    folder = Path(tempfile.mkdtemp(prefix="qa-zones-"))
    try:
        write_spans(folder)
        settings = machines(folder, full=full)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(partial(_one, folder), settings))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    different = {name: {one[name] for one in found} for name in found[0]}
    odd = [f"{one}: {there['answers'][:12]}" for one, there in zip(settings, found, strict=True) if there["answers"] != found[0]["answers"]]
    controls = ("clock", "seed", *(("language",) if len({one["LC_ALL"] for one in settings}) > 1 else ()))
    return Result(
        name=NAME,
        demanded=f"{len(ZONES)} zones, {len(SEEDS)} hash seeds, {len({one['LC_ALL'] for one in settings})} locales: 1 result hash",
        found=f"{len(different['answers'])} result hash of {len(settings)} machines",
        control=", ".join(f"{name} {len(different[name])} values" for name in controls),
        passed=len(different["answers"]) == 1,
        control_failed=all(len(different[name]) > 1 for name in controls),
        faults=tuple(odd),
    )


def _one(folder: Path, setting: dict[str, str]) -> dict[str, str]:
    command = [sys.executable, "-m", "qa.bars.zones", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | setting, capture_output=True, text=True, check=True, encoding="utf-8")
    told: dict[str, str] = json.loads(done.stdout)
    return told


if __name__ == "__main__":
    print(json.dumps(machine(Path(sys.argv[1]))))
