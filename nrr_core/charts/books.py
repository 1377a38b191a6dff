"""Books: NRR of each owner under three rules, as points on one line."""

from typing import Any, Final

import pandas as pd

from nrr_core.charts.books_layout import HEAD, ROW, spec
from nrr_core.charts.chart import Chart
from nrr_core.charts.scales import nice_axis, through
from nrr_core.formats import is_number, money_text, percent_text, plain_text
from nrr_core.schema import ALL

__all__ = ["books"]

_MOST: Final = 25
_TOLD: Final = 12  # owners named in the alternative text
_EMPTY: Final = "Nobody paid when the window opened."
_RULES: Final = ("open", "weighted", "current")


def books(points: pd.DataFrame, *, names: dict[str, str], min_base: int = 10, currency: str = "$") -> Chart:
    """NRR by owner under three rules, the total as a dashed line.

    Parameters
    ----------
    points
        owner (``(all)`` is the total), rule (``open``, ``weighted``, ``current``), value (ratio or None), opening (currency
        units), accounts; owners in drawing order.
    names
        What each rule is called.
    min_base
        Owners with fewer accounts under every rule are greyed.
    currency
        Written before amounts.

    Returns
    -------
    Chart
        Click field ``owner``. At most 25 owners, the caption tells how many are left out. Without any: one sentence.

    """
    owners = list(dict.fromkeys(points.loc[points["owner"] != ALL, "owner"]))
    total = next((v for o, v in zip(points["owner"], points["value"], strict=True) if o == ALL and is_number(v)), None)
    shown = owners[:_MOST]
    held = points[points["owner"].isin(shown) & points["value"].notna()]
    height = HEAD + max(len(shown), 2) * ROW + 6
    values = [float(v) for v in held["value"]]
    axis = through(nice_axis([*values, 1.0, *([total] if total is not None else [])], count=4, least=0.04), 1.0)
    place = {owner: k for k, owner in enumerate(shown)}
    marks = held.assign(
        row=[place[o] for o in held["owner"]],
        f=[axis.fraction(v) for v in values],
        text=[percent_text(v) for v in values],
        rule_name=[names[r] for r in held["rule"]],
        mrr=[money_text(v, currency=currency) for v in held["opening"]],
    )
    marks["said"] = [
        f"{plain_text(o, limit=40)}, {n}: {t}" for o, n, t in zip(marks["owner"], marks["rule_name"], marks["text"], strict=True)
    ]
    rows = pd.DataFrame([_row(owner, k, points, marks, min_base=min_base, currency=currency) for owner, k in place.items()])
    texts = [percent_text(tick, digits=0) for tick in axis.ticks]
    ticks = pd.DataFrame({"f": [axis.fraction(t) for t in axis.ticks], "text": texts, "strong": [abs(t - 1) < 1e-9 for t in axis.ticks]})  # noqa: PLR2004
    ticks["odd"] = [k % 2 == 1 for k in range(len(ticks))]
    line = pd.DataFrame(
        {"f": [axis.fraction(total)] if total is not None else [], "text": [f"All {percent_text(total)}"] if total is not None else []}
    )
    legend = pd.DataFrame({"rule": list(_RULES), "text": [names[r] for r in _RULES], "k": range(3)})
    if not shown:
        empty = {
            "marks": marks,
            "rows": pd.DataFrame(columns=["row"]),
            "ticks": ticks.head(0),
            "total": line.head(0),
            "legend": legend.head(0),
        }
        return Chart({**spec(), "height": height}, {**empty, "notice": pd.DataFrame({"text": [_EMPTY]})}, _EMPTY, None, height)
    datasets = {
        "marks": marks,
        "rows": rows,
        "ticks": ticks,
        "total": line,
        "legend": legend,
        "notice": pd.DataFrame({"text": []}, dtype="str"),
    }
    left = len(owners) - len(shown)
    caption = f"{left} smaller {'book is' if left == 1 else 'books are'} in the table only." if left else None
    told = f"NRR by owner under three rules. {line['text'].iloc[0] if len(line) else ''}; " + "; ".join(rows["said"].head(_TOLD)) + "."
    return Chart({**spec(), "height": height}, datasets, told, caption, height)


def _row(owner: str, k: int, points: pd.DataFrame, marks: pd.DataFrame, *, min_base: int, currency: str) -> dict[str, Any]:
    """One owner's line: the ends of the span between the rules, and the texts."""
    own, drawn = points[points["owner"] == owner], marks[marks["owner"] == owner]
    known = dict(zip(drawn["rule"], drawn["text"], strict=True))
    accounts, opening = int(own["accounts"].max()), float(own["opening"].max())
    label = plain_text(owner, limit=40)
    values = [known.get(rule, "–") for rule in _RULES]
    return {
        "owner": owner, "row": k, "label": label, "small": accounts < min_base, "text": " · ".join(values),
        "base": f"{accounts:,} {'account' if accounts == 1 else 'accounts'} · {money_text(opening, currency=currency)}",
        "low": drawn["f"].min() if len(drawn) else None, "high": drawn["f"].max() if len(drawn) else None,
        "said": f"{label}: {', '.join(values)}",
    }  # fmt: skip
