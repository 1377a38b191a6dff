-- restated months: signed steps of the account-months whose MRR differs between two ledgers; the running sum over m is month m.
-- Grain: month. Inputs: stretches(account, f, t, before_mrr, after_mrr). Parameters: none.
with steps as (
  select f as m, cast(1 as bigint) as sign, before_mrr, after_mrr from stretches where before_mrr <> after_mrr
  union all
  select t as m, cast(-1 as bigint) as sign, before_mrr, after_mrr from stretches where before_mrr <> after_mrr)
select m,
  cast(sum(sign) as bigint) as account_months,
  cast(sum(case when before_mrr = 0 then sign else 0 end) as bigint) as added,
  cast(sum(case when after_mrr = 0 then sign else 0 end) as bigint) as removed,
  cast(sum(case when after_mrr > before_mrr then sign * (after_mrr - before_mrr) else 0 end) as bigint) as raised_mrr,
  cast(sum(case when after_mrr < before_mrr then sign * (before_mrr - after_mrr) else 0 end) as bigint) as lowered_mrr
from steps
group by m
