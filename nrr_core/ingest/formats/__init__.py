"""File formats: which one a file is, by its bytes and not by its name. One module each; a new one is a line in FORMATS."""

from pathlib import Path
from types import ModuleType

from nrr_core.ingest.formats import csv, parquet, xlsx
from nrr_core.ingest.limits import HEAD_BYTES
from nrr_core.ingest.notes import Notes

__all__ = ["FORMATS", "find_format"]

FORMATS: tuple[ModuleType, ...] = (xlsx, parquet, csv)  # csv last: it takes whatever is text

_ZIP = b"PK\x03\x04"
_AGAIN = "Save it as CSV (UTF-8), XLSX or Parquet and upload that."
_REFUSED = (
    (0, b"%PDF", f"The file is a PDF document. {_AGAIN}"),
    (0, b"\x89PNG", f"The file is a PNG image. {_AGAIN}"),
    (0, b"\xff\xd8\xff", f"The file is a JPEG image. {_AGAIN}"),
    (0, b"GIF8", f"The file is a GIF image. {_AGAIN}"),
    (0, b"\x1f\x8b", f"The file is compressed with gzip. Unpack it first. {_AGAIN}"),
    (0, b"BZh", f"The file is compressed with bzip2. Unpack it first. {_AGAIN}"),
    (0, b"\xfd7zXZ", f"The file is compressed with xz. Unpack it first. {_AGAIN}"),
    (0, b"\x28\xb5\x2f\xfd", f"The file is compressed with zstd. Unpack it first. {_AGAIN}"),
    (0, b"7z\xbc\xaf", f"The file is a 7z archive. Unpack it first. {_AGAIN}"),
    (0, b"Rar!", f"The file is a RAR archive. Unpack it first. {_AGAIN}"),
    (8, b"DUCK", "The file is a DuckDB database. Databases are never opened here. Export the table as Parquet or CSV."),
    (0, b"SQLite format 3", "The file is a SQLite database. Databases are never opened here. Export the table as CSV."),
    (0, b"\x93NUMPY", f"The file is a NumPy array. {_AGAIN}"),
    (0, b"\x80\x02", f"The file is a Python pickle. Pickles are never opened here. {_AGAIN}"),
    (0, b"\x80\x03", f"The file is a Python pickle. Pickles are never opened here. {_AGAIN}"),
    (0, b"\x80\x04", f"The file is a Python pickle. Pickles are never opened here. {_AGAIN}"),
    (0, b"\x80\x05", f"The file is a Python pickle. Pickles are never opened here. {_AGAIN}"),
    (0, b"\x7fELF", f"The file is a program, not a table. {_AGAIN}"),
    (0, b"MZ", f"The file is a program, not a table. {_AGAIN}"),
    (0, b"{\\rtf", f"The file is an RTF document. {_AGAIN}"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def find_format(source: Path, *, notes: Notes) -> tuple[ModuleType, bytes]:
    """The module that reads a file, and the file's head; refuses what is no table, naming what it is."""
    try:
        with source.open("rb") as raw:
            head = raw.read(HEAD_BYTES)
    except OSError as error:
        raise notes.refuse(f"The file cannot be read: {error.strerror}.") from error
    if not head.strip(b"\r\n\t \0\xef\xbb\xbf,;"):
        raise notes.refuse("The file is empty: it has no header and no data rows. Export it again.")
    for at, mark, message in _REFUSED:
        if head.startswith(mark, at):
            raise notes.refuse(message)
    if head.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in head or _encrypted(source):
            raise notes.refuse("The workbook is protected with a password. Remove the password in Excel, save, and upload again.")
        raise notes.refuse(f"The file is an old Office document (.xls, .doc). {_AGAIN}")
    start = head[:2048].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml", b"<meta")):
        raise notes.refuse(f"The file is an HTML or XML page, often saved with the ending .xls. Open it in Excel. {_AGAIN}")
    if start.startswith((b"{", b"[{")) and b'"' in start[:20]:
        raise notes.refuse(f"The file is JSON. {_AGAIN}")
    return next(module for module in FORMATS if module.accepts(head)), head


def _encrypted(source: Path) -> bool:
    """Whether an Office container holds an encrypted package (its directory may lie at the end)."""
    mark = "EncryptedPackage".encode("utf-16-le")
    with source.open("rb") as raw:
        while block := raw.read(1 << 20):
            if mark in block:
                return True
    return False
