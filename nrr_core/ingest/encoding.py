"""Bytes to text: which encoding a file is in, and a UTF-8 copy where it is another one."""

import codecs
from pathlib import Path
from typing import Final

from nrr_core.errors import Verdict
from nrr_core.ingest.limits import CHUNK
from nrr_core.ingest.notes import Notes, shown

__all__ = ["CANDIDATES", "ask_encoding", "detect", "transcode"]

CANDIDATES: Final = ("cp1252", "latin-1", "mac_roman")
_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CLEAR: Final = 0.3  # share of NULs on one parity that makes text UTF-16
_FAINT: Final = 0.02


def detect(head: bytes, *, notes: Notes) -> tuple[str, int]:
    """Encoding and length of the byte order mark. UTF-8 is assumed here and proved while the lines are read."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            if name == "utf-8-sig":
                notes.add("byte_order_mark", Verdict.REPAIRED, "The file begins with a UTF-8 byte order mark; it was skipped.")
                return "utf-8", len(mark)
            notes.add("encoding", Verdict.REPAIRED, f"The file is {name.upper()}; it was read as such and converted to UTF-8.")
            return name, len(mark)
    nuls = head.count(0)
    if nuls:
        even, odd = head[::2].count(0) / max(1, len(head) / 2), head[1::2].count(0) / max(1, len(head) / 2)
        name = "utf-16-be" if even > odd else "utf-16-le"
        if max(even, odd) > _CLEAR and min(even, odd) < _FAINT and _reads_as_text(head, name):
            notes.add(
                "encoding",
                Verdict.REPAIRED,
                f"Every second byte is zero: the file is {name.upper()} without a byte order mark; it was converted to UTF-8.",
            )
            return name, 0
        if nuls > _CLEAR / 10 * len(head):
            raise notes.refuse("The file is not text: it is full of zero bytes. Save it as CSV (UTF-8), XLSX or Parquet.")
    given = notes.options.answer("encoding")
    if given in CANDIDATES:
        notes.ask("encoding", "Which encoding is the file in?", dict.fromkeys(CANDIDATES, "as answered"))
        return given, 0
    return "utf-8", 0


def _reads_as_text(head: bytes, name: str) -> bool:
    """Whether nearly all characters are printable once decoded."""
    text = head[: len(head) // 2 * 2].decode(name, "replace")
    odd = sum(not (letter.isprintable() or letter in "\r\n\t") for letter in text)
    return odd <= _FAINT * len(text)


def ask_encoding(samples: list[bytes], *, notes: Notes) -> str | None:
    """Ask which single-byte encoding it is, showing how each would read the same names."""
    options = {}
    for name in CANDIDATES:
        read = ", ".join(f"“{shown(sample.decode(name, 'replace'))}”" for sample in samples[:3])
        options[name] = read
    return notes.ask("encoding", "The file is not UTF-8. Which encoding reads these names right?", options)


def transcode(source: Path, target: Path, *, encoding: str, skip: int, notes: Notes) -> None:
    """Write a UTF-8 copy of a file; text that the encoding cannot hold is refused with its position."""
    decoder = codecs.getincrementaldecoder(encoding)("strict" if encoding.startswith("utf") else "replace")
    at = skip
    with source.open("rb") as raw, target.open("wb") as out:
        raw.seek(skip)
        while True:
            block = raw.read(CHUNK)
            try:
                text = decoder.decode(block, not block)
            except UnicodeDecodeError as error:
                raise notes.refuse(
                    f"The file is not valid {encoding.upper()} near byte {at + error.start:,}: it looks damaged. Export it again as UTF-8."
                ) from error
            out.write(text.encode())
            at += len(block)
            if not block:
                return
