-- gains: the largest expansions of one window. Grain: segment at open × account.
-- Inputs: pairs, chosen(profile, segment). Parameters: :open month of the window, :most expansions of each segment,
-- :floor opening MRR that counts.
with grown as (
  select c.segment, p.account, p.closing - p.opening as gain
  from pairs as p
  join chosen as c on c.profile = p.profile
  where p.f <= :open and p.t > :open and p.closing > p.opening and p.opening >= :floor),
ranked as (
  select segment, account, gain, row_number() over (partition by segment order by gain desc, account) as place
  from grown)
select segment, account, gain, place
from ranked
where place <= :most
