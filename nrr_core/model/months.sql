-- pieces, from one-month lines. Grain: account × month with a position above 0.
-- Inputs: lines(line, account, f, t, amount, profile), every t = f + 1. Parameters: :last, the last month that counts.
-- Several lines of one account and month are added (credits are negative). Where they disagree on attributes, the line
-- with the largest amount decides, the first in the file among equals.
with totals as (
  select account, f, cast(sum(amount) as bigint) as mrr, min(profile) as lowest, max(profile) as highest
  from lines
  where f <= :last
  group by account, f),
disputed as (
  select l.account, l.f, l.profile,
    row_number() over (partition by l.account, l.f order by l.amount desc, l.line) as place
  from lines as l
  join totals as d on d.account = l.account and d.f = l.f
  where d.lowest <> d.highest)
select d.account, d.f, d.f + 1 as t, d.mrr, coalesce(w.profile, d.lowest) as profile
from totals as d
left join disputed as w on w.account = d.account and w.f = d.f and w.place = 1
where d.mrr > 0
