-- pieces, from lines of any length. Grain: account × stretch of months in which the same lines are alive, position above 0.
-- Inputs: lines(line, account, f, t, amount, profile); t is exclusive, null = still running. Parameters: :last, the last month that counts.
-- The same rules as months.sql: lines alive together are added, the largest one decides the attributes, the first among equals.
with alive as (
  select line, account, f, case when t is null or t > :last + 1 then :last + 1 else t end as t, amount, profile
  from lines
  where f <= :last and (t is null or t > f)),
bounds as (
  select account, f as m from alive
  union
  select account, t as m from alive),
stretches as (
  select account, m as f, lead(m) over (partition by account order by m) as t from bounds),
joined as (
  select s.account, s.f, s.t, l.amount, l.profile,
    row_number() over (partition by s.account, s.f order by l.amount desc, l.line) as place
  from stretches as s
  join alive as l on l.account = s.account and l.f <= s.f and s.f < l.t
  where s.t is not null)
select account, f, t, cast(sum(amount) as bigint) as mrr, min(case when place = 1 then profile end) as profile
from joined
group by account, f, t
having sum(amount) > 0
