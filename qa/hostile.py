"""Files made to harm whoever opens them, each written by a small function under the name it is told by."""

import gzip
import io
import pickle
import random
import sqlite3
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import numpy as np
import openpyxl
import pyarrow as pa
from pyarrow import parquet

__all__ = ["FILES", "PARQUET_BOMB", "READ", "make"]

HEADER = "account_id,month,mrr\n"
PARQUET_BOMB = "parquet bomb: long texts.parquet"
MEGABYTE = b"0" * (1 << 20)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SAME_ROWS = 9_000 * b'<row><c t="inlineStr"><is><t>A</t></is></c><c t="inlineStr"><is><t>2024-01</t></is></c><c><v>5</v></c></row>'
_LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
_DOCTYPE = f'<!DOCTYPE x [<!ENTITY l0 "ha">{_LAUGHS}]>'
_OUTSIDE = '<!DOCTYPE x [<!ENTITY out SYSTEM "file:///etc/passwd">]>'

Maker = Callable[[Path], None]


def _rows(cells: str = "") -> str:
    names = "".join(
        f'<c r="{at}1" t="inlineStr"><is><t>{name}</t></is></c>' for at, name in zip("ABC", HEADER.strip().split(","), strict=True)
    )
    row = '<c r="A2" t="inlineStr"><is><t>A</t></is></c><c r="B2" t="inlineStr"><is><t>2024-01</t></is></c><c r="C2"><v>5</v></c>'
    return f'<row r="1">{names}</row><row r="2">{row}</row>{cells}'


def workbook(
    path: Path, *, sheet: str | None = None, shared: str | None = None, sheets: str | None = None, dimension: str = "A1:C2",
    before: str = "", more: dict[str, Iterator[bytes]] | None = None,
) -> None:  # fmt: skip
    """A workbook part by part, as hostile as its parts."""
    listed = sheets or '<sheet name="MRR" sheetId="1" r:id="rId1"/>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
            f'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
            f'ContentType="{kind}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/>'
            f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}.sharedStrings+xml"/></Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_REL}/officeDocument" '
            f'Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" Type="{_REL}/worksheet" '
            f'Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{_REL}/sharedStrings" Target="sharedStrings.xml"/>'
            f"</Relationships>"
        ),
        "xl/worksheets/sheet1.xml": (
            f'{before}<worksheet xmlns="{_MAIN}"><dimension ref="{dimension}"/><sheetData>{_rows() if sheet is None else sheet}'
            f"</sheetData></worksheet>"
        ),
        "xl/sharedStrings.xml": shared or f'<sst xmlns="{_MAIN}" count="0" uniqueCount="0"/>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        for name, blocks in (more or {}).items():
            with archive.open(name, "w", force_zip64=True) as part:
                for block in blocks:
                    part.write(block)


def _text(path: Path, *parts: str | bytes) -> None:
    with path.open("wb") as out:
        for part in parts:
            out.write(part if isinstance(part, bytes) else part.encode())


def _zip_bomb(path: Path) -> None:
    workbook(path, more={"xl/media/image1.bin": (MEGABYTE for _ in range(1_030))})


def _with_sheet(path: Path, blocks: Iterator[bytes]) -> None:
    """A workbook whose sheet goes on with these blocks."""
    workbook(path)
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist() if "sheet1" not in name}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in kept.items():
            archive.writestr(name, text)
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(f'<worksheet xmlns="{_MAIN}"><sheetData>{_rows()}'.encode())
            for block in blocks:
                part.write(block)
            part.write(b"</sheetData></worksheet>")


def _sheet_bomb(path: Path) -> None:
    """Rows without end in little space: cells of one sheet, all the same."""
    _with_sheet(path, (_SAME_ROWS for _ in range(900)))


def _lying_zip(path: Path) -> None:
    """The directory of the archive says that the sheet is small."""
    _with_sheet(path, (_SAME_ROWS for _ in range(200)))
    with zipfile.ZipFile(path) as archive:
        true = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", true), struct.pack("<I", 100_000)))


def _gzip_bomb(path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=1) as out:
        for _ in range(300):
            out.write(MEGABYTE)


def _parquet_texts(path: Path) -> None:
    """A few kilobytes that are 40 GB once every cell is written out."""
    rows = 400_000
    names = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["A" * 100_000]))
    parquet.write_table(pa.table({"account_id": names, "month": ["2024-01"] * rows, "mrr": [1] * rows}), path, compression="zstd")


def _parquet_rows(path: Path) -> None:
    """As many rows as are allowed, all the same."""
    schema = pa.schema({"account_id": pa.string(), "month": pa.string(), "mrr": pa.int64()})
    part = pa.table({"account_id": ["A"] * 3_000_000, "month": ["2024-01"] * 3_000_000, "mrr": [1] * 3_000_000}, schema=schema)
    with parquet.ParquetWriter(path, schema, compression="zstd") as out:
        for _ in range(33):
            out.write_table(part, row_group_size=3_000_000)


def _parquet_columns(path: Path) -> None:
    parquet.write_table(pa.table({f"x{n}": [1] for n in range(20_000)}), path)


def _parquet_cell(path: Path) -> None:
    parquet.write_table(pa.table({"account_id": ["A" * 10_000_000, "B"], "month": ["2024-01"] * 2, "mrr": [1, 2]}), path)


def _cut(path: Path, make: Maker) -> None:
    make(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _small_parquet(path: Path) -> None:
    rows = 5_000
    ids = [f"A{number}" for number in range(rows)]
    parquet.write_table(pa.table({"account_id": ids, "month": ["2024-01"] * rows, "mrr": list(range(rows))}), path)


def _small_workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["account_id", "month", "mrr"], *(["A", "2024-01", number] for number in range(2_000))):
        book.active.append(row)
    book.save(path)


def _mangled_parquet(path: Path) -> None:
    """Bytes changed in the data pages; the footer is whole."""
    _small_parquet(path)
    data = bytearray(path.read_bytes())
    draw = random.Random(3)
    for _ in range(400):
        data[draw.randrange(8, len(data) // 2)] = draw.randrange(256)
    path.write_bytes(bytes(data))


def _password(path: Path) -> None:
    """A compound file as Excel writes for a workbook with a password: allocation table, directory, two streams."""
    sectors = 8
    head = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0
    )
    head += struct.pack("<I", 0) + b"\xff" * 4 * 108
    chain = struct.pack("<IIIIIIII", 0xFFFFFFFD, 0xFFFFFFFE, 3, 4, 5, 6, 7, 0xFFFFFFFE) + b"\xff" * 4 * 120
    entries = b"".join(
        _entry(*one) for one in (("Root Entry", 5, 1, 0), ("EncryptionInfo", 2, 2, 224), ("EncryptedPackage", 2, 2, 3_000), ("", 0, 0, 0))
    )
    path.write_bytes(head[:512] + chain + entries + random.Random(4).randbytes(512 * (sectors - 2)))


def _entry(name: str, kind: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le")
    return struct.pack("<64sHBBIII36xIQ", text, len(text) + 2 if name else 0, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, start, size)


def _sqlite(path: Path) -> None:
    with sqlite3.connect(path) as con:
        con.execute("create table t (account_id, month, mrr)")
    con.close()


def _duckdb(path: Path) -> None:
    other = path.with_suffix(".made")
    duckdb.connect(str(other)).close()
    other.rename(path)


class _Acting:
    """Speaks when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return (print, ("a pickle was run",))


def _npy(path: Path) -> None:
    out = io.BytesIO()
    np.save(out, np.array([_Acting()], dtype=object), allow_pickle=True)
    path.write_bytes(out.getvalue())


def _laughs(text: str) -> str:
    return f'{text}<sst xmlns="{_MAIN}" count="1" uniqueCount="1"><si><t>&l9;</t></si></sst>'


def _sheets(path: Path, count: int) -> None:
    workbook(path, sheets="".join(f'<sheet name="s{n}" sheetId="{n}" r:id="rId1"/>' for n in range(1, count + 1)))


def _far_cell(path: Path) -> None:
    workbook(path, dimension="A1:XFD1048576", sheet=_rows('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))


def _wide_dimension(path: Path) -> None:
    """Says to be as large as a sheet can be and has a row now and then, so that nothing but its size is wrong."""
    cells = "".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(3, 1_048_576, 99))
    workbook(path, dimension="A1:XFD1048576", sheet=_rows(cells))


FILES: dict[str, Maker] = {
    "zip bomb.xlsx": _zip_bomb,
    "sheet bomb.xlsx": _sheet_bomb,
    "lying zip.xlsx": _lying_zip,
    "gzip bomb.csv": _gzip_bomb,
    PARQUET_BOMB: _parquet_texts,
    "parquet bomb: rows.parquet": _parquet_rows,
    "20,000 columns.csv": lambda path: _text(path, ",".join(f"x{n}" for n in range(20_000)) + "\n" + "1," * 19_999 + "1\n"),
    "20,000 short columns.csv": lambda path: _text(path, "a," * 19_999 + "a\n" + "1," * 19_999 + "1\n"),
    "20,000 columns.parquet": _parquet_columns,
    "endless line.csv": lambda path: _text(path, HEADER, "A,2024-01,1\nB,2024-01,", *[MEGABYTE] * 150),
    "endless first line.csv": lambda path: _text(path, *[MEGABYTE] * 100),
    "password.xlsx": _password,
    "cut.xlsx": lambda path: _cut(path, _small_workbook),
    "cut.parquet": lambda path: _cut(path, _small_parquet),
    "mangled.parquet": _mangled_parquet,
    "program.csv": lambda path: _text(path, b"\x7fELF\x02\x01\x01" + bytes(200) + random.Random(1).randbytes(50_000)),
    "windows program.csv": lambda path: _text(path, b"MZ\x90\x00" + random.Random(2).randbytes(50_000)),
    "sqlite.csv": _sqlite,
    "duckdb.csv": _duckdb,
    "pickle.csv": lambda path: _text(path, pickle.dumps(_Acting())),
    "old pickle.csv": lambda path: _text(path, pickle.dumps(_Acting(), protocol=0)),
    "numpy.csv": _npy,
    "billion laughs.xlsx": lambda path: workbook(
        path, shared=_laughs(_DOCTYPE), sheet=_rows('<row r="3"><c r="A3" t="s"><v>0</v></c></row>')
    ),
    "billion laughs in a cell.xlsx": lambda path: workbook(
        path, before=_DOCTYPE, sheet=_rows('<row r="3"><c r="A3" t="inlineStr"><is><t>&l9;</t></is></c></row>')
    ),
    "outside entity.xlsx": lambda path: workbook(
        path, before=_OUTSIDE, sheet=_rows('<row r="3"><c r="A3" t="inlineStr"><is><t>&out;</t></is></c></row>')
    ),
    "million sheets.xlsx": lambda path: _sheets(path, 1_000_000),
    "hundred thousand sheets.xlsx": lambda path: _sheets(path, 100_000),
    "far cell.xlsx": _far_cell,
    "nuls.csv": lambda path: _text(path, HEADER, bytes(20_000_000)),
    "all nuls.csv": lambda path: _text(path, bytes(20_000_000)),
    "10 MB cell.csv": lambda path: _text(path, HEADER, "A" * 10_000_000, ",2024-01,5\n"),
    "10 MB cell.xlsx": lambda path: workbook(
        path, sheet=_rows(f'<row r="3"><c r="A3" t="inlineStr"><is><t>{"A" * 10_000_000}</t></is></c></row>')
    ),
    "10 MB cell.parquet": _parquet_cell,
}

READ: dict[str, Maker] = {"huge dimension.xlsx": _wide_dimension}  # read in time, as if the lie were not there


def make(name: str, path: Path) -> None:
    """Write one of the files."""
    (FILES | READ)[name](path)
