-- last_profiles: the profile of each account's last position in the data. Grain: account.
-- Inputs: positions. Parameters: none.
with placed as (
  select account, profile, row_number() over (partition by account order by f desc) as place
  from positions)
select account, profile
from placed
where place = 1
