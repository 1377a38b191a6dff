-- roster: what each account that pays at the end of :start paid at earlier months, for simulations account by account.
-- Grain: account × run that reaches the months from :since to :start. Inputs: positions, chosen(profile, segment). Parameters: :start, :since.
-- f and t bound the months in which the run pays and its segment is chosen; closing and profile are those at :start.
with standing as (
  select account, profile, mrr from positions where f <= :start and t > :start)
select n.account, n.profile, n.mrr as closing,
  case when s.f < :since then :since else s.f end as f,
  case when s.t > :start + 1 then :start + 1 else s.t end as t
from positions as s
join standing as n on n.account = s.account
join chosen as c on c.profile = s.profile
where s.f <= :start and s.t > :since
