-- positions: runs with what came before and after, the first paid month and the attributes at that time. Grain: account × run.
-- Inputs: runs(account, profile, f, t, mrr). Parameters: none.
select account, profile, f, t, mrr,
  case when lag(t) over w = f then lag(mrr) over w else 0 end as prev,     -- MRR in the month before f, 0 if none
  case when lead(f) over w = t then lead(mrr) over w else 0 end as nxt,    -- MRR from t on, 0 if none
  first_value(f) over w as first_paid,
  first_value(mrr) over w as first_mrr,
  first_value(profile) over w as first_profile
from runs
window w as (partition by account order by f)
