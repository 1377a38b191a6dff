"""Accounts whose names differ only by case, or by letters of another alphabet that look the same."""

import unicodedata
from collections import defaultdict
from typing import Any, Final

from nrr_core.errors import Verdict
from nrr_core.ingest.notes import Notes, shown

__all__ = ["note_look_alikes"]

_FOREIGN: Final = "аеорсухіјѕԁһАВЕКМНОРСТХαορνΑΒΕΗΙΚΜΝΟΡΤΥΧΖ"  # noqa: RUF001 - Cyrillic and Greek letters that look Latin
_CONFUSABLE: Final = str.maketrans(_FOREIGN, "aeopcyxijsdhABEKMHOPCTXaopvABEHIKMNOPTYXZ")


def note_look_alikes(con: Any, notes: Notes) -> None:
    """Say which there are; they stay separate."""
    _cased(con, notes)
    _foreign(con, notes)


def _cased(con: Any, notes: Notes) -> None:
    """Names that differ only by capital letters."""
    cased = con.execute(
        "select list(account_id order by account_id) from (select distinct account_id from revenue) group by "
        "lower(account_id) having count(*) > 1 order by lower(account_id) limit 1000"
    ).fetchall()
    if cased:
        named = ", ".join(shown(name) for name in cased[0][0][:3])
        text = f"{len(cased):,} account(s) differ only by capital letters and stay separate, for example {named}."
        notes.add("case_variants", Verdict.WARNING, text, count=len(cased))


def _foreign(con: Any, notes: Notes) -> None:
    """Names that are alike once letters of other alphabets are read as the Latin ones they look like."""
    foreign = con.execute(
        "select distinct account_id from revenue where length(account_id) <> strlen(account_id) order by 1 limit 200000"
    ).fetchall()
    if not foreign:
        return
    plain: dict[str, list[str]] = defaultdict(list)
    for (name,) in foreign:
        plain[unicodedata.normalize("NFKC", name).translate(_CONFUSABLE)].append(name)
    found = con.execute("select distinct account_id from revenue where list_contains(?, account_id)", [list(plain)]).fetchall()
    known = {name for (name,) in found}
    alike = [
        (name, skeleton)
        for skeleton, names in plain.items()
        for name in names
        if skeleton != name and (skeleton in known or len(names) > 1)
    ]
    if alike:
        text = (
            f"{len(alike):,} account name(s) look like another but use letters of another alphabet: "
            f"“{shown(alike[0][0])}” and “{shown(alike[0][1])}”. They stay separate."
        )
        notes.add("look_alikes", Verdict.WARNING, text, value=alike[0][0], count=len(alike))
