"""The import's own process: reads one file under limits, and says what it does in JSON lines.

``{"progress": [word, share]}`` while it works, then ``{"report": …}``, or
``{"error": {"kind": "refused" | "question" | "limit", "message": …, "problems": […], "questions": […]}}``.
``then`` names a function ``package.module:name`` that is called with the open database, the report and the work folder after
the import; what it returns (JSON) is said as ``result``. ``apart`` starts it, as ``python -m nrr_core.ingest.child``.
"""

import argparse
import contextlib
import errno
import importlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from nrr_core.errors import IngestError, NeedsAnswer
from nrr_core.ingest.report import Options
from nrr_core.ingest.staging import staging_place

__all__ = ["DATABASE", "disk_text", "memory_text"]

DATABASE: Final = "import.duckdb"


def memory_text(memory: int) -> str:
    """What to tell a person whose import needs more memory than it may use."""
    return f"The import needs more than {memory >> 20:,} MB of memory and was ended. Make the file smaller, or save it as CSV."


def disk_text(error: Exception) -> str:
    """What to tell a person whose import met a full disk or one that fails; without paths."""
    known = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT), os.strerror(errno.EFBIG))
    reason = getattr(error, "strerror", None) or next((text for text in known if text in str(error)), os.strerror(errno.EIO))
    return f"The import could not use its files: {reason}. Nothing was kept. Free some space, then try again."


def _limit(request: dict[str, Any]) -> None:
    """Bound this process. Systems without resource limits rely on the parent's clock."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    wanted = (
        (resource.RLIMIT_AS, request["memory"]), (resource.RLIMIT_FSIZE, request["file_size"]),
        (resource.RLIMIT_CPU, request["cpu_seconds"]), (resource.RLIMIT_NOFILE, request["open_files"]), (resource.RLIMIT_CORE, 0),
    )  # fmt: skip
    for kind, soft in wanted:
        hard = resource.getrlimit(kind)[1]
        bound = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
        resource.setrlimit(kind, (bound, bound))


def _say(**said: Any) -> None:
    """One JSON line to the parent."""
    sys.stdout.write(json.dumps(said, default=str) + "\n")
    sys.stdout.flush()


@contextlib.contextmanager
def _database(place: str, work: Path, memory: int) -> Iterator[Any]:
    """The child's database: half of its memory, spilling to the work folder, no extensions."""
    import duckdb  # noqa: PLC0415 - only the child needs it, after its limits are set

    con = duckdb.connect(place)
    try:
        con.execute(f"set memory_limit = '{memory // 2 >> 20}MB'")
        con.execute("set temp_directory = ?", [str(work / "spill")])
        con.execute("set autoinstall_known_extensions = false")
        con.execute("set TimeZone = 'UTC'")
        yield con
    finally:
        con.close()


def _work(request: dict[str, Any]) -> int:
    """Import, call ``then``, report."""
    import duckdb  # noqa: PLC0415 - only the child needs it, after its limits are set

    from nrr_core.ingest.pipeline import read_revenue  # noqa: PLC0415 - the same

    work = Path(request["work"])
    options = Options(tuple((a, b) for a, b in request["mapping"]), tuple((a, b) for a, b in request["answers"]))
    try:
        place = staging_place(Path(request["source"]), work / DATABASE) if request["then"] else str(work / DATABASE)
        with _database(place, work, request["memory"]) as con:
            report = read_revenue(
                con, Path(request["source"]), name=request["name"], options=options, work=work,
                accounts=Path(request["accounts"]) if request["accounts"] else None,
                rates=Path(request["rates"]) if request["rates"] else None,
                progress=lambda word, share: _say(progress=[word, share]),
            )  # fmt: skip
            result = None
            if request["then"]:
                module, _, function = request["then"].partition(":")
                after = getattr(importlib.import_module(module), function)
                result = after(con, report, work, **request["then_arguments"])
        _say(report=report.as_dict(), result=result)
    except IngestError as error:
        _say(error={
            "kind": "question" if isinstance(error, NeedsAnswer) else "refused", "message": str(error),
            "problems": [one.as_dict() for one in error.problems], "questions": [one.as_dict() for one in error.questions],
            "columns": error.columns,
        })  # fmt: skip
        return 2
    except (MemoryError, duckdb.OutOfMemoryException):
        _say(error={"kind": "limit", "message": memory_text(request["memory"])})
        return 2
    except (OSError, duckdb.IOException, duckdb.TransactionException, duckdb.FatalException) as error:
        _say(error={"kind": "limit", "message": disk_text(error)})
        return 2
    return 0


def main() -> int:
    """Entry of ``python -m nrr_core.ingest.child``: the request is JSON on standard input."""
    parser = argparse.ArgumentParser(description="Import one file under limits; speaks JSON lines.")
    parser.add_argument("--request", choices=["-"], required=True, help="read the request from standard input")
    parser.parse_args()
    request = json.loads(sys.stdin.read())
    _limit(request)
    return _work(request)


if __name__ == "__main__":
    sys.exit(main())
