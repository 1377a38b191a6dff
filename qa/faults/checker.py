"""What is left after a fault: everything acknowledged, nothing that never was, and a store that goes on working."""

import os
import shutil
import tempfile
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from nrr_core.errors import NrrError
from nrr_core.settings import Settings
from nrr_core.store import Draft, Store, open_store, tables
from nrr_core.store.files import sha256_of
from qa.faults.samples import FILE, Sample, csv, figures

__all__ = ["STORE", "Checker", "Findings"]

STORE = "store"  # the store's folder on the disk
_DAYS = 3 * 86_400.0


@dataclass
class Findings:
    """What was wrong on one disk, in words."""

    lost: list[str] = field(default_factory=list)
    phantoms: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lost or self.phantoms or self.others)

    def add(self, other: "Findings") -> None:
        """Gather."""
        self.lost += other.lost
        self.phantoms += other.phantoms
        self.others += other.others

    def words(self) -> list[str]:
        """Every finding with its sort."""
        sorts = {"lost": self.lost, "phantom": self.phantoms, "other": self.others}
        return [f"{sort}: {one}" for sort, found in sorts.items() for one in found]


class Checker:
    """Looks at disks, always at a copy: what is found must be there for the next look too.

    Parameters
    ----------
    samples
        What may have been published; the last one is kept for the publish that must work afterwards.
    work
        Folder for copies.

    """

    def __init__(self, samples: Sequence[Sample], work: Path) -> None:
        self._samples = {sample.number: sample for sample in samples}
        self._spare = samples[-1]
        self._work = work
        self._right: set[tuple[str, str]] = set()  # files and recipes whose figures were compared before

    def copy_of(self, disk: Path) -> Path:
        """A copy of a disk, to be looked at."""
        copy = Path(tempfile.mkdtemp(prefix="look-", dir=self._work))
        shutil.copytree(disk, copy, dirs_exist_ok=True)
        return copy

    def look(self, disk: Path, told: Iterable[Mapping[str, Any]], attempted: Collection[int]) -> Findings:
        """Findings on a disk that may be changed; ``told`` are the lines of publishers that ran on it.

        What was refused with “Nothing was changed” must not be there.
        """
        told = list(told)
        acknowledged = [line for line in told if "ack" in line]
        named = [(line.get("ack", line.get("opened")), key) for line in told for key in line.get("cache", [])]
        cached = {number for number, key in named if (disk / STORE / "cache" / key).is_dir()}
        try:
            store = open_store(Settings(data=disk / STORE))
        except NrrError as error:
            return Findings(lost=[f"the store does not open: {error}"])
        try:
            unchanged = {line["refused"] for line in told if "Nothing was changed" in line.get("message", "")} - {"start"}
            findings = self._rows(store, {self._samples[n].raw for n in set(attempted) - unchanged})
            findings.add(self._acknowledged(store, acknowledged, cached))
            findings.add(self._goes_on(store))
            findings.add(self._swept(store))
        finally:
            store.close()
            shutil.rmtree(disk, ignore_errors=True)
        return findings

    def _rows(self, store: Store, attempted: set[str]) -> Findings:
        """Every row has its files, its dataset and its audit row, and came from something that was attempted."""
        findings = Findings()
        with store.catalogue.read() as con:
            versions = con.execute(sa.select(tables.versions)).all()
            datasets = set(con.execute(sa.select(tables.datasets.c.id)).scalars())
            log = sa.select(tables.audit.c.target, tables.audit.c.detail).where(tables.audit.c.action == "publish")
            audited = [(target, detail["version"]) for target, detail in con.execute(log)]
            if store.catalogue.sqlite and con.exec_driver_sql("pragma integrity_check").scalar() != "ok":
                findings.others.append("the catalogue's database is damaged")
        published = [(row.dataset_id, row.number) for row in versions]
        for row in versions:
            what = f"version {row.number} of {row.dataset_id}"
            if {one["sha256"] for one in row.raw} - attempted:
                findings.phantoms.append(f"{what} was never attempted, or was refused")
            findings.phantoms += [f"{what}: {fault}" for fault in _files(store, row)]
        if sorted(audited) != sorted(published):
            findings.phantoms.append(f"audit rows {sorted(set(audited) ^ set(published))} without version, or the other way round")
        if empty := datasets - {row.dataset_id for row in versions}:
            findings.phantoms.append(f"datasets without a version: {empty}")
        if any(sorted(n for d, n in published if d == one) != list(range(1, 1 + sum(d == one for d, _ in published))) for one in datasets):
            findings.phantoms.append(f"versions are not numbered from 1: {sorted(published)}")
        return findings

    def _acknowledged(self, store: Store, acknowledged: Iterable[Mapping[str, Any]], cached: Collection[int]) -> Findings:
        """Every acknowledged version is there and has the figures of its file."""
        findings = Findings()
        for line in acknowledged:
            fault = self._version(store, self._samples[line["ack"]], line["dataset"], line["version"], cached=line["ack"] in cached)
            if fault:
                findings.lost.append(f"number {line['ack']}, version {line['version']} of {line['dataset']}: {fault}")
        return findings

    def _version(self, store: Store, sample: Sample, dataset: str, number: int, *, cached: bool = False) -> str | None:
        """Why a version is not the one that was published, or None."""
        held = tables.versions
        with store.catalogue.read() as con:
            row = con.execute(sa.select(held).where(held.c.dataset_id == dataset, held.c.number == number)).first()
        if row is None:
            return "it is not in the catalogue"
        if (row.sha256, [one["sha256"] for one in row.raw]) != (sample.content, [sample.raw]):
            return "it is another file"
        if faults := _files(store, row):
            return faults[0]
        known = (repr(row.recipe), repr(row.tables))
        if known in self._right and not cached:  # the same bytes give the same figures, unless a cache says otherwise
            return None
        fault = _wrong_figures(store, sample, dataset, number)
        if fault is None:
            self._right.add(known)
        return fault

    def _goes_on(self, store: Store) -> Findings:
        """Another publish works."""
        try:
            actor = store.people.local
            workspace = actor.memberships[0].workspace_id
            raw = store.datasets.keep_raw(actor, workspace, FILE, csv(self._spare.number))
            held = store.datasets.publish(actor, workspace, Draft(self._spare.folder, (raw,)), name="Afterwards")
        except NrrError as error:
            return Findings(others=[f"the next publish is refused: {error}"])
        fault = self._version(store, self._spare, held.dataset_id, held.number)
        return Findings(others=[f"the next publish: {fault}"] if fault else [])

    def _swept(self, store: Store) -> Findings:
        """Some days later the sweep has removed what nobody refers to, and nothing else."""
        files = store.files
        then = time.time() - _DAYS
        for place in (files.raw, files.canonical, files.tmp):
            for path in place.iterdir():
                os.utime(path, (then, then))
        store.sweep()
        raw, canonical = store.wanted()
        kept = {place: {path.name for path in place.iterdir()} for place in (files.raw, files.canonical, files.tmp)}
        findings = Findings()
        for place, wanted in ((files.raw, raw), (files.canonical, canonical), (files.tmp, set[str]())):
            if extra := kept[place] - wanted:
                findings.others.append(f"{len(extra)} in {place.name} stay after the sweep: {min(extra)}")
            if missing := wanted - kept[place]:
                findings.phantoms.append(f"{len(missing)} in {place.name} are missing after the sweep: {min(missing)}")
        return findings


def _wrong_figures(store: Store, sample: Sample, dataset: str, number: int) -> str | None:
    """Why a version, opened as the app opens it, does not have the figures of its file, or None."""
    actor = store.people.local
    try:
        data = store.datasets.open(actor, store.datasets.get(actor, dataset, number))
        return None if figures(data) == sample.figures else "its figures differ from those of its file"
    except Exception as error:  # noqa: BLE001 - whatever keeps it from being opened is a finding
        return f"it does not open: {type(error).__name__}: {error}"


def _files(store: Store, row: Any) -> list[str]:
    """Files of a version that are missing or hold other bytes."""
    named = [(store.files.raw, one["sha256"]) for one in row.raw] + [(store.files.canonical, one) for one in row.tables.values()]
    faults = []
    for place, digest in named:
        path = place / digest
        if not path.is_file():
            faults.append(f"its file {place.name}/{digest[:12]} is missing")
        elif sha256_of(path) != digest:
            faults.append(f"its file {place.name}/{digest[:12]} holds other bytes")
    return faults
