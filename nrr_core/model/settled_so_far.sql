-- settled so far: base.sql with every account in its segment at the end of :start, or in the last one it had before; the running sum over m
-- is what was paid at the end of m. Grain: segment × month.
-- Inputs: positions, chosen(profile, segment). Parameters: :start; :floor, the smallest MRR that counts.
with placed as (
  select account, profile, row_number() over (partition by account order by f desc) as place
  from positions
  where f <= :start),
paid as (
  select l.profile, s.f, s.t, s.mrr
  from positions as s
  join placed as l on l.account = s.account and l.place = 1
  where s.f <= :start and s.mrr >= :floor),
steps as (
  select profile, f as m, mrr, cast(1 as bigint) as accounts from paid
  union all
  select profile, t as m, -mrr as mrr, cast(-1 as bigint) as accounts from paid where t <= :start)
select c.segment, s.m, cast(sum(s.mrr) as bigint) as mrr, cast(sum(s.accounts) as bigint) as accounts
from steps as s
join chosen as c on c.profile = s.profile
group by c.segment, s.m
