-- cohort sizes, read from their roll-up. Grain: segment as of first payment × cohort.
-- Inputs: rolled_cohort_sizes, chosen(profile, segment): here a profile is a cell.
select c.segment, r.cohort, cast(sum(r.accounts) as bigint) as accounts, cast(sum(r.opening_mrr) as bigint) as opening_mrr
from rolled_cohort_sizes as r
join chosen as c on c.profile = r.segment
group by c.segment, r.cohort
