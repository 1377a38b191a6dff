-- latest: runs that carry the attributes of their account's last run. Grain: account × run; equal neighbours are not joined.
-- Inputs: runs(account, profile, f, t, mrr). Parameters: none.
select account, first_value(profile) over w as profile, f, t, mrr
from runs
window w as (partition by account order by f desc)
