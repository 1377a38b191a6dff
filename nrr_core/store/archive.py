"""The form of a backup: a plain tar of a manifest, every table as JSON lines, and every kept file; its hash is the last member.

``manifest.json`` · ``catalogue/<table>.jsonl`` · ``raw/<sha256>`` · ``canonical/<sha256>`` · ``sha256``. Any tar program can
list and unpack it. The last member is a hash of every byte before it, so that a changed or missing byte is seen before
anything is restored.
"""

import hashlib
import io
import re
import tarfile
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

import sqlalchemy as sa

from nrr_core.errors import StoreError

__all__ = ["FORM", "KEPT", "TABLE", "Manifest", "check_whole", "copied", "decoded", "encoded", "header", "padding", "trailer"]

FORM: Final = 1
KEPT: Final = re.compile(r"(raw|canonical)/([0-9a-f]{64})")  # the only names of files that a restore takes
TABLE: Final = re.compile(r"catalogue/([a-z_]+)\.jsonl")
_BLOCK: Final = 512
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: who wrote it and when, the schema's revision, rows and hash of each table, bytes of each file."""

    form: int
    version: str
    revision: str
    made: str
    tables: dict[str, tuple[int, str]]
    files: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def header(name: str, size: int) -> bytes:
    """A member's header; the same name and size always give the same bytes, private to whoever unpacks it."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(format=tarfile.USTAR_FORMAT)


def padding(size: int) -> bytes:
    """What fills a member's last block."""
    return bytes(-size % _BLOCK)


def trailer(digest: str) -> bytes:
    """The last member and the end of the archive."""
    text = f"{digest}\n".encode()
    return header("sha256", len(text)) + text + padding(len(text)) + bytes(2 * _BLOCK)


_TRAILER: Final = len(trailer("0" * 64))


def check_whole(source: Path) -> None:
    """Compare a backup's bytes with the hash it ends with.

    Raises
    ------
    StoreError
        It is no backup, it is cut off, or a byte has changed.

    """
    size, digest = source.stat().st_size - _TRAILER, hashlib.sha256()
    with source.open("rb") as stream:
        if size <= 0 or not tarfile.is_tarfile(io.BytesIO(stream.read(_BLOCK) + bytes(2 * _BLOCK))):
            raise StoreError(f"{source} is not a backup. Name a file that “backup” wrote.")
        stream.seek(0)
        left = size
        while left and (chunk := stream.read(min(_CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
        if stream.read() != trailer(digest.hexdigest()):
            raise StoreError(f"{source} is damaged or cut off: its bytes are not those that were written. Take another backup.")


def encoded(value: Any) -> Any:
    """A column's value for JSON: moments as text in UTC, anything else as it is."""
    return value.replace(tzinfo=UTC).isoformat() if isinstance(value, datetime) else value


def decoded(column: "sa.Column[Any]", value: Any) -> Any:
    """The value that ``encoded`` wrote, as a database takes it."""
    if value is not None and isinstance(column.type, sa.DateTime):
        return datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None)
    return value


def copied(source: IO[bytes], target: IO[bytes], digest: Any) -> int:
    """Copy a stream and feed its bytes to a hash; returns how many."""
    size = 0
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        target.write(chunk)
        size += len(chunk)
    return size
