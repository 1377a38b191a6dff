-- arrivals, read from their roll-up. Grain: segment at close × month. Inputs: rolled_arrivals, chosen(profile, segment): here a profile is a cell.
select c.segment, r.m,
  cast(sum(r.new_mrr) as bigint) as new_mrr, cast(sum(r.new_accounts) as bigint) as new_accounts,
  cast(sum(r.reactivation_mrr) as bigint) as reactivation_mrr, cast(sum(r.reactivation_accounts) as bigint) as reactivation_accounts
from rolled_arrivals as r
join chosen as c on c.profile = r.segment
group by c.segment, r.m
