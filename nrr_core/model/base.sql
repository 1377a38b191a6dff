-- base: signed steps of total MRR and paying accounts; their running sum over m is the state at the end of month m.
-- Grain: segment × month. Inputs: positions, chosen(profile, segment). Parameters: :floor, the smallest MRR that counts.
with steps as (
  select profile, f as m, mrr, cast(1 as bigint) as accounts from positions where mrr >= :floor
  union all
  select profile, t as m, -mrr as mrr, cast(-1 as bigint) as accounts from positions where mrr >= :floor)
select c.segment, s.m, cast(sum(s.mrr) as bigint) as mrr, cast(sum(s.accounts) as bigint) as accounts
from steps as s
join chosen as c on c.profile = s.profile
group by c.segment, s.m
