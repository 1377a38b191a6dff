"""The statements of the model: plain SQL files in a portable subset, loaded once, translated by one function."""

import re
from functools import cache
from importlib import resources

__all__ = ["STATEMENTS", "parameters", "statement", "text"]

STATEMENTS = (
    "single", "months", "spans", "runs", "positions", "pairs",
    "base", "kept", "arrivals", "transfers", "members", "cohorts", "cohort_sizes", "accounts", "history", "standing", "roster",
    "known_since", "settled_so_far", "flows_so_far", "passing_so_far",
    "held", "handovers", "last_profiles", "coded", "early",
    "flows", "passing", "settled_base", "settled_kept", "window_revenue", "window_revenue_totals", "moves", "renewals",
    "paying", "courses", "settled", "numbered",
    "strands", "paid", "restated", "restated_months", "reclassified",
)  # fmt: skip

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_.]*")


@cache
def text(name: str) -> str:
    """The statement as its file has it, with its comments."""
    if name not in STATEMENTS:
        raise KeyError(name)
    return resources.files("nrr_core.model").joinpath(f"{name}.sql").read_text(encoding="utf-8")


@cache
def statement(name: str, *, marker: str = "$", tables: tuple[tuple[str, str], ...] = (), literals: tuple[tuple[str, int], ...] = ()) -> str:
    """The statement without comments, for one engine.

    Parameters
    ----------
    name
        One of ``STATEMENTS``.
    marker
        What the engine writes before a parameter's name: ``$`` for DuckDB, ``:`` for SQLite.
    tables
        Where an input table is kept, as (name in the file, identifier): ``(("pairs", "pairs_12"),)``.
    literals
        Parameters written out as numbers, where an engine takes none (in a view).

    """
    sql = re.sub(r"--[^\n]*", "", text(name)).strip()
    for table, place in tables:
        if not _IDENTIFIER.fullmatch(place):
            raise ValueError(place)
        sql = re.sub(rf"\b(from|join) {table}\b", rf"\1 {place}", sql)
    for parameter, value in literals:
        sql = re.sub(rf"(?<![:\w]):{parameter}\b", str(int(value)), sql)
    return _PARAMETER.sub(rf"{marker}\1", sql)


@cache
def parameters(name: str) -> frozenset[str]:
    """Names of the parameters that a statement takes."""
    return frozenset(_PARAMETER.findall(re.sub(r"--[^\n]*", "", text(name))))
