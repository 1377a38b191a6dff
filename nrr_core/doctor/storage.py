"""Checks of the data folder: there, private, roomy, durable, on this machine, and whole."""

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Final

from nrr_core.doctor.finding import Finding, fail, ok, warn
from nrr_core.settings import Settings
from nrr_core.store.catalogue import Catalogue
from nrr_core.store.files import Files, sha256_of
from nrr_core.store.versions import wanted

__all__ = ["durable", "files_whole", "folder", "local_disk", "private", "room"]

_NETWORK: Final = ("nfs", "cifs", "smb", "9p", "ceph", "gluster", "lustre", "fuse.", "afs", "beegfs", "gpfs")
_SLOW: Final = 0.25  # seconds of one flush; a publish makes about ten
_MB: Final = 1 << 20


def folder(settings: Settings) -> Finding:
    """Whether the data folder is there and can be written."""
    place = settings.folder
    if not place.is_dir():
        return fail("folder", f"There is no folder {place}. Set NRR_DATA to the mounted volume, or start the app once to make it.")
    if not os.access(place, os.R_OK | os.W_OK | os.X_OK):
        return fail("folder", f"{place} can't be written by this user (id {_user()}). Give it the folder: chown -R {_user()} {place}")
    return ok("folder", str(place))


def _user() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0


def private(settings: Settings) -> Finding:
    """Whether other users of the machine are kept out of it."""
    if os.name == "nt":
        return warn("private", "Rights of folders are not checked on this system.")
    mode = settings.folder.stat().st_mode & 0o777
    if mode & 0o077:
        return fail("private", f"Other users of this machine may enter {settings.folder} (mode {mode:o}): chmod 700 {settings.folder}")
    return ok("private", f"mode {mode:o}")


def room(settings: Settings, *, free: int | None = None) -> Finding:
    """Whether uploads still fit. An import needs about three times its upload: the bytes, its work, and the result."""
    left = shutil.disk_usage(settings.folder).free if free is None else free
    said = f"{left / _MB / 1024:,.1f} GB free"
    if left < settings.upload_mb * _MB:
        return fail("room", f"{said}, less than one upload of {settings.upload_mb:,} MB. Make room, or lower NRR_UPLOAD_MB.")
    if left < 3 * settings.imports * settings.upload_mb * _MB:
        return warn("room", f"{said}; {settings.imports} imports of {settings.upload_mb:,} MB at once need three times their size.")
    return ok("room", said)


def durable(settings: Settings) -> Finding:
    """Whether a flush reaches the disk without an error, and how long it takes."""
    started = time.perf_counter()
    try:
        with tempfile.NamedTemporaryFile(prefix=".doctor-", dir=settings.folder) as probe:
            probe.write(b"x" * 4096)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return fail("durable", f"A file in {settings.folder} can't be flushed to disk: {error.strerror}.")
    took = time.perf_counter() - started
    if took > _SLOW:
        return warn("durable", f"Flushing one file took {took * 1000:,.0f} ms: publishing will be slow on this disk.")
    return ok("durable", f"a flush takes {took * 1000:,.1f} ms")


def local_disk(settings: Settings, catalogue: Catalogue, *, mounts: Path = Path("/proc/mounts")) -> Finding:
    """Whether SQLite's locks can be relied upon: they can't on network file systems."""
    if not mounts.is_file():
        return warn("disk", "The kind of file system is not checked on this system.")
    kind = _kind(settings.folder.resolve(), mounts.read_text(encoding="utf-8"))
    if catalogue.sqlite and kind.startswith(_NETWORK):
        return fail(
            "disk", f"{settings.folder} is on a network file system ({kind}), where SQLite may lose data. Set NRR_DATABASE to Postgres."
        )
    return ok("disk", kind)


def _kind(place: Path, mounts: str) -> str:
    """The file system of the longest mount point that holds a folder."""
    found = ("", "unknown")
    for line in mounts.splitlines():
        _, point, kind, *_ = line.split(" ")
        point = point.replace("\\040", " ")
        if place.is_relative_to(point) and len(point) >= len(found[0]):
            found = (point, kind)
    return found[1]


def files_whole(settings: Settings, catalogue: Catalogue, *, deep: bool) -> Finding:
    """Whether every file that the catalogue names is there; ``deep``: and still has the bytes it was stored with."""
    files = Files(settings.folder)
    with catalogue.read() as con:
        raw, canonical = wanted(con, keep_days=settings.keep_days)
    paths = [files.raw / one for one in sorted(raw)] + [files.canonical / one for one in sorted(canonical)]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        return fail(
            "files", f"{len(missing):,} of {len(paths):,} stored files are missing, such as {_short(missing[0])}. Restore a backup."
        )
    damaged = [path for path in paths if deep and sha256_of(path) != path.name]
    if damaged:
        return fail(
            "files", f"{len(damaged):,} of {len(paths):,} stored files have changed, such as {_short(damaged[0])}. Restore a backup."
        )
    return ok("files", f"{len(paths):,} stored files, " + ("every one with its own bytes" if deep else "all there (--deep reads them)"))


def _short(path: Path) -> str:
    return f"{path.parent.name}/{path.name[:12]}"
