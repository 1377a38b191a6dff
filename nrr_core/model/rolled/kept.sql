-- kept, read from its roll-up. Grain: segment at open × month. Inputs: rolled_kept, chosen(profile, segment): here a profile is a cell.
select c.segment, r.m,
  cast(sum(r.paired_mrr) as bigint) as paired_mrr,
  cast(sum(r.closing_mrr) as bigint) as closing_mrr,
  cast(sum(r.kept_mrr) as bigint) as kept_mrr,
  cast(sum(r.retained_accounts) as bigint) as retained_accounts,
  cast(sum(r.expansion_accounts) as bigint) as expansion_accounts,
  cast(sum(r.contraction_accounts) as bigint) as contraction_accounts
from rolled_kept as r
join chosen as c on c.profile = r.segment
group by c.segment, r.m
