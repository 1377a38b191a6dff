-- window revenue totals: window revenue added up, by segment in the first month. Grain: segment.
-- Inputs: revenues(account, profile, earlier_mrr, later_mrr), chosen(profile, segment). Parameters: none.
select c.segment,
  cast(sum(r.earlier_mrr) as bigint) as earlier_mrr, cast(sum(r.later_mrr) as bigint) as later_mrr,
  cast(sum(case when r.later_mrr < r.earlier_mrr then r.later_mrr else r.earlier_mrr end) as bigint) as kept_mrr,
  cast(sum(case when r.later_mrr = 0 then r.earlier_mrr else 0 end) as bigint) as churn_mrr,
  cast(count(*) as bigint) as accounts,
  cast(sum(case when r.later_mrr > 0 then 1 else 0 end) as bigint) as retained_accounts
from revenues as r
join chosen as c on c.profile = r.profile
group by c.segment
