"""The workbook's sheets: amounts as numbers, and every ratio as a formula over them that anybody can follow."""

from collections.abc import Callable, Sequence

from nrr_core.metrics import METRICS
from nrr_core.report.pack import words
from nrr_core.report.pack.book import Cell, Formula, Sheet, address
from nrr_core.report.pack.facts import Facts, rows_of
from nrr_core.report.pack.plan_sheets import decisions, runway, scenario
from nrr_core.report.pack.sheet_parts import PLAIN, amount, head, plain, ratio, retained_head, retained_row
from nrr_core.report.pack.targets import drivers

__all__ = ["made_sheets"]

Maker = Callable[[Facts], Sheet | None]


def made_sheets(facts: Facts, names: Sequence[str]) -> list[Sheet]:
    """The sheets of some names in their order; the stamp is the last."""
    order = [n for n in names if n != "Stamp"] + ["Stamp"]
    return [sheet for name in order if (sheet := _SHEETS[name](facts)) is not None]


def _bridge(facts: Facts) -> Sheet:
    row = facts.bridge.iloc[0]
    kept = row.opening_mrr + row.expansion_mrr - row.contraction_mrr - row.churn_mrr
    counts = {name: Cell(int(row[f"{name}_accounts"]), "count") for name in (*PLAIN, "reactivation", "new", "closing")}
    given = [(n.capitalize(), amount(facts, row[f"{n}_mrr"]), counts[n]) for n in PLAIN]
    rates = [("Exchange rates", amount(facts, row.fx_mrr), Cell(None))] if "fx_mrr" in row else []
    closing = Formula("=B6+B7+B8+B9" if rates else "=B6+B7+B8", row.closing_mrr * facts.factor)
    rows = [
        *given,
        (
            "Retained",
            Cell(Formula("=B2+B3-B4-B5", kept * facts.factor), "money"),
            Cell(Formula("=C2-C5", int(row.opening_accounts - row.churn_accounts)), "count"),
        ),
        ("Reactivation", amount(facts, row.reactivation_mrr), counts["reactivation"]),
        ("New", amount(facts, row.new_mrr), counts["new"]),
        *rates,
        ("Closing", Cell(closing, "money"), Cell(Formula("=C6+C7+C8", int(row.closing_accounts)), "count")),
    ]
    opening = row.opening_mrr
    arrived = (row.reactivation_mrr, row.new_mrr, *([row.fx_mrr] if rates else []))
    shares = (*(row[f"{n}_mrr"] for n in PLAIN), kept, *arrived, row.closing_mrr)
    body = [
        (Cell(name), amount, accounts, ratio(address(at, 1), "B2", share / opening if opening else None))
        for at, ((name, amount, accounts), share) in enumerate(zip(rows, shares, strict=True), start=1)
    ]
    now = facts.now.iloc[0]
    ratios: tuple[tuple[Cell, ...], ...] = (
        (Cell("NRR"), ratio("B2+B3-B4-B5", "B2", now.nrr)),
        (Cell("GRR"), ratio("B2-B4-B5", "B2", now.grr)),
        (Cell("Logo retention"), ratio("C2-C5", "C2", now.logo_retention)),
    )
    if not facts.at_both_ends:  # the bridge compares both ends of the window; these follow the card
        labels = {"nrr": "NRR", "grr": "GRR", "logo_retention": "Logo retention"}
        ratios = tuple((Cell(f"{label}, by the definition"), Cell(plain(now[name]), "ratio")) for name, label in labels.items())
    window = (Cell("Window"), Cell(f"{row.open} to {row.close}"))
    return Sheet("Bridge", (head("Step", facts.unit, "Accounts", "Share of opening"), *body, (), *ratios, (), window))


def _segments(facts: Facts) -> Sheet | None:
    if facts.segments is None or facts.dimension is None:
        return None
    rows = [retained_row(facts, row.segment, row, at) for at, row in enumerate(rows_of(facts.segments), start=1)]
    return Sheet("Segments", (retained_head(facts, facts.dimension), *rows))


def _trend(facts: Facts) -> Sheet:
    rows = [retained_row(facts, row.close, row, at) for at, row in enumerate(rows_of(facts.trend), start=1)]
    return Sheet("Trend", (retained_head(facts, "Close"), *rows), 12)


def _accounts(facts: Facts) -> Sheet:
    rows = []
    for at, row in enumerate(facts.movers.to_dict("records"), start=1):
        opening, closing = address(at, 4), address(at, 5)
        change = Formula(f"={closing}-{opening}", row["change_mrr"] * facts.factor)
        rows.append(
            (
                Cell(row["account_id"]),
                Cell(words.account_name(row, limit=120).text),
                Cell(str(row["state"])),
                Cell(row["first_paid"]),
                amount(facts, row["opening_mrr"]),
                amount(facts, row["closing_mrr"]),
                Cell(change, "money"),
                ratio(closing, opening, row["nrr"]),
            )
        )
    top = head("Account", "Name", "State", "First paid", f"Opening {facts.unit}", f"Closing {facts.unit}", "Change", "NRR")
    return Sheet("Accounts", (top, *rows))


def _targets(facts: Facts) -> Sheet:
    found = drivers(facts.now.iloc[0], facts.bridge.iloc[0])
    rows = []
    for at, (name, value) in enumerate(found.items(), start=1):
        target, form = facts.targets.get(name), "number" if METRICS[name].kind == "number" else "ratio"
        gap = None if value is None or target is None else Formula(f"={address(at, 1)}-{address(at, 2)}", value - target)
        rows.append((Cell(METRICS[name].label), Cell(value, form), Cell(target, form), Cell(gap, "points" if form == "ratio" else form)))
    return Sheet("Targets", (head("Metric", "Value", "Target", "Gap"), *rows))


def _fragility(facts: Facts) -> Sheet:
    rows = []
    for at, row in enumerate(rows_of(facts.fragility), start=1):
        opening, closing = address(at, 3), address(at, 4)
        live = row.measure == "nrr" or row.measure.startswith("nrr_without_top")
        value = ratio(closing, opening, row.value) if live else Cell(plain(row.value), "ratio")
        rows.append(
            (
                Cell(row.measure.replace("_", " ")),
                value,
                Cell(int(row.accounts), "count"),
                amount(facts, row.opening_mrr),
                amount(facts, row.closing_mrr),
            )
        )
    return Sheet("Fragility", (head("Measure", "Value", "Accounts", f"Opening {facts.unit}", f"Closing {facts.unit}"), *rows), 34)


def _stamp(facts: Facts) -> Sheet:
    lines = [(Cell(label, "head"), Cell(text)) for label, text in facts.stamp.lines()]
    formulas = [(Cell(m.label), Cell(m.formula)) for m in METRICS.values()]
    return Sheet("Stamp", (*lines, (), head("Metric", "Formula"), *formulas), 16)


_SHEETS: dict[str, Maker] = {
    "Bridge": _bridge, "Segments": _segments, "Accounts": _accounts, "Trend": _trend, "Targets": _targets, "Scenario": scenario,
    "Decisions": decisions, "Runway": runway, "Fragility": _fragility, "Stamp": _stamp,
}  # fmt: skip
