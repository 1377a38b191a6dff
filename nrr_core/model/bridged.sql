-- bridged: runs as they are where late renewals are no churn: a gap of at most :gap empty months that ends in a return is filled with
-- the MRR and the attributes before it. What is never paid again stays as it is. Grain: account × run; equal neighbours are not joined.
-- Inputs: runs(account, profile, f, t, mrr). Parameters: :gap, in months.
select account, profile, f,
  case when lead(f) over w > t and lead(f) over w - t <= :gap then lead(f) over w else t end as t,
  mrr
from runs
window w as (partition by account order by f)
