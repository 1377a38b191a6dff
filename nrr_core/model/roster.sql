-- roster: what each account that pays at the end of :start paid at earlier months, for simulations account by account.
-- Grain: account × run that reaches the months from :since to :start. Inputs: positions.
-- Parameters: :start; :since, the earliest open.
-- f and t bound the months in which the run pays opening; profile is that of the run, now_profile and closing are those at :start.
with standing as (
  select account, profile, mrr from positions where f <= :start and t > :start)
select n.account, n.profile as now_profile, s.profile, n.mrr as closing, s.mrr as opening, s.first_paid,
  case when s.f < :since then :since else s.f end as f,
  case when s.t > :start + 1 then :start + 1 else s.t end as t
from positions as s
join standing as n on n.account = s.account
where s.f <= :start and s.t > :since
