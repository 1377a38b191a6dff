"""What is worth knowing about revenue that was read: duplicates, credits, gaps, outliers, look-alike names."""

import datetime as dt
import unicodedata
from collections import defaultdict
from itertools import pairwise
from typing import Any, Final

from nrr_core.errors import Verdict
from nrr_core.ingest.notes import Notes, shown
from nrr_core.periods import current_month, month_text
from nrr_core.schema import UNIT

__all__ = ["run_checks"]

_EXAMPLES: Final = 3
_OUTLIER: Final = 1_000_000
_JUMPS: Final = {12: (11.5, 12.5), 100: (95.0, 105.0)}
_FOREIGN: Final = "аеорсухіјѕԁһАВЕКМНОРСТХαορνΑΒΕΗΙΚΜΝΟΡΤΥΧΖ"  # noqa: RUF001 - Cyrillic and Greek letters that look Latin
_CONFUSABLE: Final = str.maketrans(_FOREIGN, "aeopcyxijsdhABEKMHOPCTXaopvABEHIKMNOPTYXZ")


def _money(amount: int) -> str:
    return f"{amount / UNIT:,.2f}"


def run_checks(con: Any, *, one_month: bool, notes: Notes, dimensions: dict[str, str]) -> None:
    """All checks; each is one or two grouped sums over ``revenue``."""
    if one_month:
        if _duplicates_possible(con):
            _duplicates(con, notes, dimensions)
        _gaps(con, notes)
    _not_positive(con, notes, one_month=one_month)
    _future(con, notes)
    _outliers(con, notes)
    _look_alikes(con, notes)


def _duplicates_possible(con: Any) -> bool:
    """Whether any account has two lines in one month, by counting set bits of months per account."""
    low, high = con.execute("select min(f), max(f) from revenue").fetchone()
    if low is None:
        return False
    if high - low > 60:  # noqa: PLR2004 - bits of a signed 64-bit integer
        return bool(con.execute("select exists (select 1 from revenue group by account_id, f having count(*) > 1)").fetchone()[0])
    return bool(
        con.execute(
            f"select exists (select 1 from revenue group by account_id having count(*) > bit_count(bit_or(cast(1 as "
            f"bigint) << (f - {low}))))"
        ).fetchone()[0]
    )


def _duplicates(con: Any, notes: Notes, dimensions: dict[str, str]) -> None:
    """Several lines of one account and month: identical ones are listed with the MRR at stake, others noted."""
    besides = [name for name, *_ in con.execute("describe revenue").fetchall() if name in {"item", "kind", "currency"}]
    same = ", ".join(["account_id", "f", "amount", *dimensions, *besides])
    groups, lines, stake = con.execute(
        f"select count(*), coalesce(sum(n - 1), 0), coalesce(sum((n - 1) * amount), 0) from (select {same}, "
        f"count(*) as n from revenue group by all having n > 1)"
    ).fetchone()
    if groups:
        examples = con.execute(
            f"select account_id, f, amount, n, r from (select {same}, count(*) as n, min(row) as r from revenue "
            f"group by all having n > 1) order by r limit {_EXAMPLES}"
        ).fetchall()
        taken = notes.ask(
            "duplicates",
            f"{lines:,} line(s) repeat another line of the same account, month and amount ({_money(stake)} MRR). Are they counted?",
            {"add": "yes: they are lines of their own", "drop": "no: each is counted once"},
            default="add",
        )
        named = "; ".join(f"{shown(a)} {month_text(f)} {_money(m)} ×{n}" for a, f, m, n, _ in examples)
        if taken == "add":
            notes.add(
                "duplicates_added", Verdict.REPAIRED,
                f"{lines:,} identical line(s) of one account and month were added: {_money(stake)} MRR at stake "
                    f"({named}). "
                "Drop them with --set duplicates=drop.", row=examples[0][4], count=lines,
            )  # fmt: skip
        else:
            notes.add(
                "duplicates_dropped",
                Verdict.REPAIRED,
                f"{lines:,} identical line(s) ({_money(stake)} MRR) were dropped, as answered ({named}).",
                row=examples[0][4],
                count=lines,
            )
            con.execute(
                "create or replace table repeated as select row, amount from (select row, amount, "
                f"row_number() over (partition by {same} order by row) as n from revenue) where n > 1"
            )
    others, example = con.execute(
        "select count(*), min(account_id || ' ' || f) from (select account_id, f, count(*) as n, count(distinct "
        "amount) as k from revenue group by all having n > 1 and k > 1)"
    ).fetchone()
    if others:
        account, _, month = example.rpartition(" ")
        notes.add(
            "lines_added",
            Verdict.NOTE,
            f"{others:,} account-month(s) have several lines, which were added, for example {shown(account)} {month_text(int(month))}.",
            count=others,
        )
    _disagreeing(con, notes, dimensions)


def _disagreeing(con: Any, notes: Notes, dimensions: dict[str, str]) -> None:
    """Attributes on which lines of one account and month disagree."""
    for key, name in dimensions.items():
        count = con.execute(
            f"select count(*) from (select 1 from revenue group by account_id, f having count(distinct {key}) > 1)"
        ).fetchone()[0]
        if count:
            notes.add(
                "attribute_disagrees",
                Verdict.NOTE,
                f'Column "{shown(name)}": in {count:,} account-month(s) the lines disagree; the line with the largest amount decides.',
                column=name,
                count=count,
            )


def _gaps(con: Any, notes: Notes) -> None:
    """Months without a line inside an account's life: churn and return, unless the card bridges them."""
    sql = (
        "select account_id, count(distinct f) as n, min(f) as a, max(f) as b from revenue where amount > 0 "
        "group by account_id having b - a + 1 > n"
    )
    low, high = con.execute("select min(f), max(f) from revenue").fetchone()
    if low is not None and high - low <= 60:  # noqa: PLR2004 - bits of a signed 64-bit integer
        sql = sql.replace("count(distinct f)", f"bit_count(bit_or(cast(1 as bigint) << (f - {low})))")
    con.execute(f"create or replace table gap_accounts as {sql}")
    accounts, months = con.execute("select count(*), sum(b - a + 1 - n) from gap_accounts").fetchone()
    if not accounts:
        con.execute("drop table gap_accounts")
        return
    found = con.execute(
        """with lives as (select account_id, f, sum(amount) as mrr from revenue
            where account_id in (select account_id from gap_accounts) group by all),
        steps as (select account_id, f, mrr, lead(f) over (partition by account_id order by f) as next from lives where mrr > 0)
        select count(*), sum(mrr), arg_min(account_id, f), min(f) from steps where next > f + 1"""
    ).fetchone()
    con.execute("drop table gap_accounts")
    if not found[0]:
        return
    notes.add(
        "gaps", Verdict.REPAIRED,
        f"{accounts:,} account(s) have {int(months):,} month(s) without revenue inside their life ({found[0]:,} "
            f"gap(s), {_money(found[1])} MRR): each is read as "
        f"churn and return, for example {shown(found[2])} after {month_text(found[3])}. The definition’s gap_months "
            f"bridges them.",
        count=found[0],
    )  # fmt: skip


def _not_positive(con: Any, notes: Notes, *, one_month: bool) -> None:
    """Credits, and account-months that net to nothing."""
    negatives, credit, zeros = con.execute(
        "select count_if(amount < 0), coalesce(sum(amount) filter (where amount < 0), 0), count_if(amount = 0) from revenue"
    ).fetchone()
    if zeros:
        notes.add("zero_mrr", Verdict.NOTE, f"{zeros:,} row(s) have an MRR of 0: such an account is not active.", count=zeros)
    if not negatives:
        return
    notes.add(
        "credits",
        Verdict.REPAIRED,
        f"{negatives:,} negative line(s) ({_money(credit)}) are credits: each is added to its account and month.",
        count=negatives,
    )
    if not one_month:
        return
    count, total = con.execute(
        "select count(*), sum(s) from (select sum(amount) as s from revenue group by account_id, f having s <= 0 and min(amount) < 0)"
    ).fetchone()
    if count:
        examples = con.execute(
            f"select account_id, f, sum(amount) as s from revenue group by all having s <= 0 and min(amount) < 0 "
            f"order by min(row) limit {_EXAMPLES}"
        ).fetchall()
        named = "; ".join(f"{shown(account)} {month_text(month)} {_money(amount)}" for account, month, amount in examples)
        notes.add(
            "nets_to_zero",
            Verdict.REPAIRED,
            f"{count:,} account-month(s) add up to 0 or less ({_money(total)}); their MRR is 0: {named}.",
            count=count,
        )


def _future(con: Any, notes: Notes) -> None:
    """Months that have not begun."""
    now = current_month(dt.datetime.now(dt.UTC).date())
    count, last = con.execute("select count(*), max(f) from revenue where f > ?", [now]).fetchone()
    if count:
        notes.add(
            "future",
            Verdict.WARNING,
            f"{count:,} row(s) lie in the future, up to {month_text(last)}; current figures leave them out.",
            count=count,
        )


def _outliers(con: Any, notes: Notes) -> None:
    """One amount out of all proportion, or a jump that looks like ARR or cents."""
    middle, top = con.execute("select approx_quantile(amount, 0.5) filter (where amount > 0), max(amount) from revenue").fetchone()
    if middle and top >= _OUTLIER * middle:
        row, account, amount = con.execute(
            "select row, account_id, amount from revenue where amount = ? order by row limit 1", [top]
        ).fetchone()
        notes.add(
            "outlier",
            Verdict.WARNING,
            f"row {row:,}: {shown(account)} has {_money(amount)} MRR, over {_OUTLIER:,} times the median {_money(int(middle))}.",
            row=row,
            value=_money(amount),
        )
    _unit_jumps(con, notes)


def _jump(months: list[tuple[int, float]]) -> tuple[int, float, int] | None:
    """The first month whose level is 12 or 100 times its neighbour's: month, ratio, factor."""
    for (_, before), (month, after) in pairwise(months):
        ratio = max(after, before) / max(1.0, min(after, before))
        for factor, (low, high) in _JUMPS.items():
            if low <= ratio <= high:
                return month, ratio, factor
    return None


def _unit_jumps(con: Any, notes: Notes) -> None:
    """A month whose median is 12 or 100 times the month before: ARR or cents among MRR. Means decide whether to look."""
    level = "select f, {} from revenue where amount > 0 group by f order by f"
    if _jump(con.execute(level.format("avg(amount)")).fetchall()) is None:
        return
    found = _jump(con.execute(level.format("median(amount)")).fetchall())
    if found is not None:
        month, ratio, factor = found
        what = "annual amounts (ARR)" if factor == 12 else "cents"  # noqa: PLR2004 - months of a year
        text = f"The median MRR changes {ratio:.1f}-fold in {month_text(month)}: some months may be {what}."
        notes.add("unit_jump", Verdict.WARNING, text, value=f"{ratio:.1f}")


def _look_alikes(con: Any, notes: Notes) -> None:
    """Accounts whose names differ only by case, or by letters of another alphabet that look the same."""
    cased = con.execute(
        "select list(account_id order by account_id) from (select distinct account_id from revenue) group by "
        "lower(account_id) having count(*) > 1 limit 1000"
    ).fetchall()
    if cased:
        notes.add(
            "case_variants",
            Verdict.WARNING,
            f"{len(cased):,} account(s) differ only by capital letters and stay separate, for example "
            f"{', '.join(shown(name) for name in cased[0][0][:3])}.",
            count=len(cased),
        )
    foreign = con.execute("select distinct account_id from revenue where length(account_id) <> strlen(account_id) limit 200000").fetchall()
    if not foreign:
        return
    plain: dict[str, list[str]] = defaultdict(list)
    for (name,) in foreign:
        plain[unicodedata.normalize("NFKC", name).translate(_CONFUSABLE)].append(name)
    known = {
        name
        for (name,) in con.execute("select distinct account_id from revenue where list_contains(?, account_id)", [list(plain)]).fetchall()
    }
    alike = [
        (name, skeleton)
        for skeleton, names in plain.items()
        for name in names
        if skeleton != name and (skeleton in known or len(names) > 1)
    ]
    if alike:
        notes.add(
            "look_alikes",
            Verdict.WARNING,
            f"{len(alike):,} account name(s) look like another but use letters of another alphabet: "
            f"“{shown(alike[0][0])}” and “{shown(alike[0][1])}”. They stay separate.",
            value=alike[0][0],
            count=len(alike),
        )
