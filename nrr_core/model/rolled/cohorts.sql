-- cohorts, read from their roll-up. Grain: segment as of first payment × cohort × month.
-- Inputs: rolled_cohorts, chosen(profile, segment): here a profile is a cell.
select c.segment, r.cohort, r.m,
  cast(sum(r.mrr) as bigint) as mrr, cast(sum(r.capped_mrr) as bigint) as capped_mrr, cast(sum(r.active_accounts) as bigint) as active_accounts
from rolled_cohorts as r
join chosen as c on c.profile = r.segment
group by c.segment, r.cohort, r.m
