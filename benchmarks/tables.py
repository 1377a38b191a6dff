"""The tables of docs/performance.md from what the benchmark found: `python -m benchmarks.tables FOUND.json …`."""

import argparse
import json
from pathlib import Path
from typing import Any

__all__ = ["bars", "questions", "resources"]

_WAYS = ("rollups", "detail", "pandas", "pandas_tuned", "dense", "scan")
_QUESTIONS = {
    "filter": "filter change: NRR, GRR, logo retention of every close by segment, one region kept",
    "segment": "segment change: the same, nothing filtered",
    "filter_detail": "filter change, by a dimension without roll-up",
    "bridge": "bridge of every month",
    "cohorts": "cohort triangle",
    "other_window": "filter change, a window length not prepared",
    "one_pair": "filter change, one open and close",
    "pair_accounts": "every account of one open and close",
}


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def questions(sizes: dict[str, Any]) -> list[str]:
    """Milliseconds of every way to answer every question."""
    lines = ["| accounts | question | roll-ups | account rows | pandas | tuned pandas | dense DuckDB | raw scan |", "|---" * 8 + "|"]
    for size, found in sizes.items():
        for name, text in _QUESTIONS.items():
            ways = found["queries"].get(name)
            if not ways:
                continue
            cells = [_figure(ways[way]["ms"]) if way in ways else "" for way in _WAYS]
            if "first" in ways:
                cells[0] = f"{_figure(ways['first']['ms'])} first, {cells[0]} later"
            lines.append(f"| {size} | {text} | {' | '.join(cells)} |")
    return lines


def resources(sizes: dict[str, Any]) -> list[str]:
    """Time and memory of the import, disk, and memory of exploring."""
    lines = ["| | " + " | ".join(sizes) + " |", "|---" * (len(sizes) + 1) + "|"]

    def row(label: str, *path: str, scale: float, unit: str) -> None:
        cells = []
        for found in sizes.values():
            value: Any = found
            for step in path:
                value = value.get(step, {}) if isinstance(value, dict) else None
            cells.append(f"{value / scale:,.1f} {unit}" if isinstance(value, int | float) else "")
        lines.append(f"| {label} | {' | '.join(cells)} |")

    row("CSV", "disk", "csv", scale=1e6, unit="MB")
    row("raw parse, cells counted", "build", "parse", "ms", scale=1e3, unit="s")
    row("raw parse into a table in memory", "build", "parse_to_table", "ms", scale=1e3, unit="s")
    row("CSV to ready, 12 GB limit", "build", "roomy", "ms", scale=1e3, unit="s")
    row("CSV to ready, 2 GB limit (the default)", "build", "limited", "ms", scale=1e3, unit="s")
    row("its peak memory", "build", "limited", "peak_mb", scale=1, unit="MB")
    row("dataset on disk", "disk", "dataset", scale=1e6, unit="MB")
    row("of which roll-ups", "disk", "rollups", scale=1e6, unit="MB")
    for way, label in (("rollups", "peak memory, three questions of the roll-ups"), ("detail", "of account rows"), ("pandas", "in pandas")):
        row(label, "memory", way, "peak_mb", scale=1, unit="MB")
    return lines


def bars(sizes: dict[str, Any]) -> list[str]:
    """Every bar with its goal, what was measured, and whether it is met."""
    lines = ["| size | bar | goal | measured | by processor time | met |", "|---" * 6 + "|"]
    for size, found in sizes.items():
        for bar in found["bars"]:
            met = {True: "yes", False: "no", None: ""}[bar["met"]]
            cells = (size, bar["bar"], bar["goal"] or "", f"{bar['measured']:.4g}", f"{bar['by_processor_time']:.4g}", met)
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def main() -> None:
    """Print the tables of one or several documents, sizes in their order."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("found", nargs="+", type=Path)
    sizes: dict[str, Any] = {}
    for path in parser.parse_args().found:
        sizes |= json.loads(path.read_text(encoding="utf-8"))["sizes"]
    for title, made in (("Questions, milliseconds", questions), ("Import, disk and memory", resources), ("Bars", bars)):
        print(f"## {title}\n", *made(sizes), "", sep="\n")


if __name__ == "__main__":
    main()
