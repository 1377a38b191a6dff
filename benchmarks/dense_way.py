"""The same questions in DuckDB over the dense table: self-joins of one row per account and month."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.store import DENSE_FILE
from benchmarks.timing import Answer
from nrr_core.periods import month_text

__all__ = ["Dense", "answer_by_account", "bridge_answer", "cohort_answer", "retention_answer"]

Where = Mapping[str, Sequence[str]]
_RETENTION = """
select o.{by} as segment, o.m, sum(o.mrr) as opening, sum(coalesce(c.mrr, 0)) as closing,
  sum(case when c.mrr < o.mrr then c.mrr when c.mrr is null then 0 else o.mrr end) as kept,
  count(*) as accounts, count(c.mrr) as retained
from dense as o
left join dense as c on c.account = o.account and c.m = o.m + $months{only_close}
where o.m + $months <= (select max(m) from dense){filtered}{only_open}
group by o.{by}, o.m"""
_BRIDGE = """
with firsts as (select account, min(m) as first from dense group by account),
before as (select account, m + 1 as m, mrr from dense where m < (select max(m) from dense)),
sides as (
  select coalesce(n.account, b.account) as account, coalesce(n.m, b.m) as m,
    coalesce(n.mrr, 0) as mrr, coalesce(b.mrr, 0) as earlier
  from dense as n
  full join before as b on b.account = n.account and b.m = n.m)
select b.m, sum(b.earlier) as opening,
  sum(case when b.m = f.first then b.mrr else 0 end) as new,
  sum(case when b.earlier = 0 and b.m > f.first then b.mrr else 0 end) as reactivation,
  sum(case when b.earlier > 0 and b.mrr > b.earlier then b.mrr - b.earlier else 0 end) as expansion,
  sum(case when b.mrr > 0 and b.mrr < b.earlier then b.earlier - b.mrr else 0 end) as contraction,
  sum(case when b.mrr = 0 then b.earlier else 0 end) as churn, sum(b.mrr) as closing,
  count(case when b.m = f.first then 1 end) as new_accounts,
  count(case when b.earlier = 0 and b.m > f.first then 1 end) as reactivation_accounts,
  count(case when b.mrr = 0 then 1 end) as churn_accounts
from sides as b join firsts as f on f.account = b.account
group by b.m"""
_COHORTS = """
with firsts as (select account, min(m) as cohort, arg_min(mrr, m) as opening from dense group by account)
select f.cohort, d.m, sum(d.mrr) as mrr, sum(case when d.mrr < f.opening then d.mrr else f.opening end) as capped,
  count(*) as active, sum(case when d.m = f.cohort then f.opening else 0 end) as opening
from dense as d join firsts as f on f.account = d.account
group by f.cohort, d.m"""
_ACCOUNTS = """
select coalesce(o.account, c.account) as account, coalesce(o.mrr, 0) as opening, coalesce(c.mrr, 0) as closing
from (select account, mrr from dense where m = $open) as o
full join (select account, mrr from dense where m = $close) as c on c.account = o.account"""


class Dense:
    """The dense table, opened as DuckDB opens it, with two threads."""

    def __init__(self, folder: Path) -> None:
        self._con = duckdb.connect(str(folder / DENSE_FILE), read_only=True, config={"threads": 2})
        self.segments: dict[str, list[str]] = json.loads((folder / "values.json").read_text())

    def retention(self, *, months: int, by: str, where: Where, close: int | None = None) -> Any:
        """NRR, GRR and logo retention by segment, of every close or of one."""
        codes = {name: [str(self.segments[name].index(one)) for one in segments] for name, segments in where.items()}
        filtered = "".join(f" and o.{name} in ({', '.join(kept)})" for name, kept in codes.items())
        one = close is not None
        sql = _RETENTION.format(
            by=by, filtered=filtered, only_close=" and c.m = $close" if one else "",
            only_open=" and o.m = $close - $months" if one else "",
        )  # fmt: skip
        place = {"months": months} | ({"close": close} if close is not None else {})
        return self._con.execute(sql, place).fetchnumpy()

    def bridge(self) -> Any:
        """The bridge of every month."""
        return self._con.execute(_BRIDGE).fetchnumpy()

    def cohorts(self) -> Any:
        """The cohort triangle."""
        return self._con.execute(_COHORTS).fetchnumpy()

    def accounts(self, *, opened: int, close: int) -> Any:
        """Opening and closing MRR of every account that pays at either end of one window."""
        return self._con.execute(_ACCOUNTS, {"open": opened, "close": close}).fetchnumpy()

    def scan(self, *, by: str, where: Where) -> Any:
        """A pass over the columns that the retention question needs, adding each up."""
        sums = ", ".join(f"sum({name})" for name in dict.fromkeys(("account", "m", "mrr", by, *where)))
        return self._con.execute(f"select {sums} from dense").fetchall()


def _rows(found: Any) -> Iterable[tuple[Any, ...]]:
    return zip(*(column.tolist() for column in found.values()), strict=True)


def retention_answer(found: Any, *, months: int, segments: list[str]) -> Answer:
    """Sums by segment and close."""
    return {(segments[int(code)], month_text(m + months)): tuple(int(v) for v in sums) for code, m, *sums in _rows(found)}


def bridge_answer(found: Any) -> Answer:
    """Sums by month."""
    return {(month_text(m),): tuple(int(v) for v in sums) for m, *sums in _rows(found)}


def cohort_answer(found: Any) -> Answer:
    """Sizes by cohort, sums by cohort and age."""
    answer: Answer = {}
    for cohort, m, mrr, capped, active, opening in _rows(found):
        answer[month_text(cohort), str(m - cohort)] = (int(mrr), int(capped), int(active))
        if m == cohort:
            answer[(month_text(cohort),)] = (int(active), int(opening))
    return answer


def answer_by_account(found: Any) -> Answer:
    """How many accounts, and their opening and closing MRR."""
    return {("all",): (len(found["opening"]), int(found["opening"].sum()), int(found["closing"].sum()))}
