-- coded: the last segment that is not blank of each account within a window, for reasons, which are often written down once. Grain: account.
-- Inputs: positions, chosen(profile, segment) of the profiles that are not blank. Parameters: :open and :close, the months of the window.
with placed as (
  select p.account, c.segment, row_number() over (partition by p.account order by p.f desc) as place
  from positions as p
  join chosen as c on c.profile = p.profile
  where p.t > :open and p.f <= :close)
select account, segment
from placed
where place = 1
