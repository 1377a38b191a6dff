"""Checks of the catalogue's database: answers, has this version's schema, and keeps what it has acknowledged."""

import time
from pathlib import Path
from typing import Final

from nrr_core.doctor.finding import Finding, fail, ok, warn
from nrr_core.errors import StoreError
from nrr_core.store.catalogue import Catalogue

__all__ = ["answers", "keeps", "schema"]

_SLOW: Final = 0.1  # seconds for the smallest question; a click asks a few
_SQLITE: Final = (("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"))
_POSTGRES: Final = ("fsync", "full_page_writes", "synchronous_commit")


def answers(catalogue: Catalogue) -> Finding:
    """Whether the database is there, and how long the smallest question takes."""
    kind = "SQLite" if catalogue.sqlite else "Postgres"
    place = catalogue.engine.url.database or ""
    if catalogue.sqlite and place and not Path(place).is_file():
        return fail("database", f"There is no catalogue {place}. Start the app once to make it, or restore a backup.")
    try:
        with catalogue.read() as con:
            started = time.perf_counter()
            con.exec_driver_sql("select 1").scalar()
            took = time.perf_counter() - started
    except StoreError as error:
        return fail("database", f"{error} Check NRR_DATABASE, the network and the password.")
    if took > _SLOW:
        return warn("database", f"{kind} takes {took * 1000:,.0f} ms for the smallest question: put it nearer.")
    return ok("database", f"{kind} answers in {took * 1000:,.1f} ms")


def schema(catalogue: Catalogue) -> Finding:
    """Whether the schema is the one of this version."""
    known, found = catalogue.revisions(), catalogue.revision()
    if found == known[0]:
        return ok("schema", f"revision {found}")
    if found is None:
        return warn("schema", "The database is empty. The first start of the app fills it, or restore a backup.")
    if found in known:
        return warn("schema", f"Revision {found}, and this version has {known[0]}. Take a backup; the next start of the app migrates.")
    return fail("schema", f"Revision {found} was made by a newer version. Install that version again, or restore an older backup.")


def keeps(catalogue: Catalogue) -> Finding:
    """Whether what was acknowledged survives a power cut."""
    with catalogue.read() as con:
        if catalogue.sqlite:
            found = [(name, want, str(con.exec_driver_sql(f"pragma {name}").scalar())) for name, want in _SQLITE]
        else:
            found = [(name, "on", str(con.exec_driver_sql(f"show {name}").scalar())) for name in _POSTGRES]
    wrong = [f"{name} is {value}" for name, want, value in found if value != want and not (name.endswith("commit") and value != "off")]
    if wrong:
        return fail(
            "keeps", f"{', '.join(wrong)}: saved things can be lost in a power cut. Set {', '.join(f'{n}={w}' for n, w, _ in found)}."
        )
    return ok("keeps", ", ".join(f"{name}={value}" for name, _, value in found))
