"""Sheets about the plan: effects that add up, months, decisions, contracts that end."""

from nrr_core.report.pack.book import Cell, Formula, Sheet, address
from nrr_core.report.pack.facts import Facts, rows_of
from nrr_core.report.pack.sheet_parts import amount, bridged, framed, head, plain
from nrr_core.schema import ALL

__all__ = ["decisions", "runway", "scenario"]

_RATIOS = {"nrr": "NRR", "grr": "GRR", "logo_retention": "Logo retention"}


def scenario(facts: Facts) -> Sheet | None:
    """Effects, the scenario as their sum; then every month of both paths."""
    if facts.projection is None:
        return None
    block = _effects(facts)
    return Sheet("Scenario", (*block, (), *_months(facts, below=len(block) + 1)))


def _effects(facts: Facts) -> list[tuple[Cell, ...]]:
    """Baseline, every effect, and the scenario as the formula that adds them up."""
    effects = facts.projection.effects.to_dict("records")
    block = [head("Step", f"Effect on {facts.unit}", *_RATIOS.values())]
    for at, row in enumerate(effects, start=1):
        last, level = at == len(effects) and at > 1, row["kind"] == "total"
        numbers = [(plain(row["mrr"]) * facts.factor, "money"), *((plain(row[name]), "ratio" if level else "points") for name in _RATIOS)]
        cells = [Cell(str(row["step"]))]
        for column, (value, form) in enumerate(numbers, start=1):
            total = Formula(f"=SUM({address(1, column)}:{address(at - 1, column)})", value) if last and value is not None else value
            cells.append(Cell(total, form))
        block.append(tuple(cells))
    return block


def _months(facts: Facts, *, below: int) -> list[tuple[Cell, ...]]:
    """Every month of both paths, from a row of the sheet on."""
    months = facts.projection.months
    amounts = (f"{n.removesuffix('_mrr').capitalize()} {facts.unit}" for n in (*facts.amounts, "closing_mrr"))
    block = [head("Path", *amounts, "Month", f"{facts.unit} of today’s accounts", *_RATIOS.values())]
    for at, row in enumerate(rows_of(months[months["segment"] == ALL].sort_values(["path", "month"])), start=below + 1):
        given, closing, nrr, grr = bridged(facts, row, at)
        path, logo = Cell(str(row.path).capitalize()), Cell(plain(row.logo_retention), "ratio")
        block.append((path, *given, closing, Cell(str(row.month)), amount(facts, row.mrr), nrr, grr, logo))
    return block


def decisions(facts: Facts) -> Sheet | None:
    """What is decided for single accounts."""
    if facts.projection is None or facts.projection.decided.empty:
        return None
    return framed("Decisions", facts.projection.decided, facts)


def runway(facts: Facts) -> Sheet | None:
    """The contracts that end."""
    return None if facts.runway is None else framed("Runway", facts.runway, facts)
