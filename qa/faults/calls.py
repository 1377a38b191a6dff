"""The recorded calls, read back in their order."""

import struct
from dataclasses import dataclass
from pathlib import Path

from qa.faults.shim import Kind

__all__ = ["Call", "read_calls"]

_RECORD = struct.Struct("=II i I I I I I QQQ q Q")
_CREATED, _TRUNCATED, _DURABLE, _DIRECTORY, _SWALLOWED = 1, 2, 4, 8, 16


@dataclass(frozen=True, slots=True)
class Call:
    """One call, as it was made.

    ``ino`` is the file, ``folder`` and ``target`` the folders of ``name`` and ``name2`` (also by inode); for calls on an
    open file ``name`` is only for reading. ``offset`` is where a write began, or the size asked for.
    """

    kind: Kind
    error: int
    process: int
    flags: int
    ino: int
    folder: int
    target: int
    offset: int
    name: str
    name2: str
    data: bytes

    @property
    def created(self) -> bool:
        """The file is new."""
        return bool(self.flags & _CREATED)

    @property
    def truncated(self) -> bool:
        """It was opened empty."""
        return bool(self.flags & _TRUNCATED)

    @property
    def durable(self) -> bool:
        """Written through (``O_DSYNC``)."""
        return bool(self.flags & _DURABLE)

    @property
    def flushed(self) -> bool:
        """An fsync that was really made."""
        return self.kind in {Kind.FSYNC, Kind.FDATASYNC} and not self.error and not self.flags & _SWALLOWED

    def __str__(self) -> str:
        size = f" {len(self.data)} bytes at {self.offset}" if self.kind is Kind.WRITE else ""
        into = f" → {self.name2}" if self.name2 else ""
        return f"{self.kind.name.lower()} {self.name}{into}{size}" + (f" (errno {self.error})" if self.error else "")


def read_calls(log: Path) -> list[Call]:
    """Every whole record of a log; a process that was killed may have left its last one unfinished."""
    whole, at, calls = log.read_bytes(), 0, []
    while at + _RECORD.size <= len(whole):
        size, kind, error, process, flags, name, name2, _, ino, folder, target, offset, data = _RECORD.unpack_from(whole, at)
        if size != _RECORD.size:
            raise ValueError(f"The log has no record at byte {at}")
        at += size
        end = at + name + name2 + data
        if end > len(whole):
            break
        first, second = whole[at : at + name].decode(), whole[at + name : at + name + name2].decode()
        calls.append(Call(Kind(kind), error, process, flags, ino, folder, target, offset, first, second, whole[end - data : end]))
        at = end
    return calls
