-- handovers: months within a window in which an account that pays at its open changes its segment. Grain: account × month.
-- Inputs: positions, chosen(profile, segment) of every profile. Parameters: :open and :close, the months of the window.
-- mrr is what the account pays from that month on: what the one who takes over receives.
with base as (
  select account from positions where f <= :open and t > :open),
seen as (
  select p.account, p.f, p.mrr, c.segment, lag(c.segment) over (partition by p.account order by p.f) as before
  from positions as p
  join base as b on b.account = p.account
  join chosen as c on c.profile = p.profile
  where p.t > :open and p.f <= :close)
select account, f as m, before as from_segment, segment as to_segment, mrr
from seen
where f > :open and before <> segment
