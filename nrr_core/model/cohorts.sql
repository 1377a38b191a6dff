-- cohorts: signed steps of what each cohort pays; the running sum over m is the state at the end of month m.
-- Grain: segment as of first payment × cohort × month. MRR capped at each account's own opening MRR serves GRR.
-- Inputs: positions, members(account, profile, cohort, opening), chosen(profile, segment). Parameters: none.
with steps as (
  select account, f as m, mrr, cast(1 as bigint) as sign from positions
  union all
  select account, t as m, mrr, cast(-1 as bigint) as sign from positions)
select c.segment, b.cohort, s.m,
  cast(sum(s.sign * s.mrr) as bigint) as mrr,
  cast(sum(s.sign * case when s.mrr < b.opening then s.mrr else b.opening end) as bigint) as capped_mrr,
  cast(sum(s.sign) as bigint) as active_accounts
from steps as s
join members as b on b.account = s.account
join chosen as c on c.profile = b.profile
group by c.segment, b.cohort, s.m
