-- standing: signed steps of what the accounts that pay at the end of :start paid at earlier months; the running sum over m is the window (m, :start].
-- Grain: segment × group at :start × month; the segment is that of the opening, or that of :start where :settled is 1.
-- Inputs: positions, chosen(profile, segment), grouped(profile, place).
-- Parameters: :start, the close of every window; :since, the earliest open; :floor, the smallest opening that counts; :settled, 0 or 1.
with standing as (
  select account, profile, mrr from positions where f <= :start and t > :start),
past as (
  select case when :settled = 1 then n.profile else s.profile end as profile, n.profile as now_profile, s.mrr as opening, n.mrr as closing,
    case when s.f < :since then :since else s.f end as f, s.t
  from positions as s
  join standing as n on n.account = s.account
  where s.f <= :start and s.t > :since and s.mrr >= :floor),
steps as (
  select profile, now_profile, f as m, cast(1 as bigint) as sign, opening, closing from past
  union all
  select profile, now_profile, t as m, cast(-1 as bigint) as sign, opening, closing from past where t <= :start)
select c.segment, g.place, s.m,
  cast(sum(s.sign * s.opening) as bigint) as paired_mrr,
  cast(sum(s.sign * s.closing) as bigint) as closing_mrr,
  cast(sum(s.sign * case when s.closing < s.opening then s.closing else s.opening end) as bigint) as kept_mrr,
  cast(sum(s.sign) as bigint) as retained_accounts
from steps as s
join chosen as c on c.profile = s.profile
join grouped as g on g.profile = s.now_profile
group by c.segment, g.place, s.m
