-- restated: stretches of months in which an account's MRR, or its attributes while it pays in both, differ between two ledgers.
-- Grain: account × stretch. Parameters: none.
-- Inputs: earlier(account, label, f, t, mrr) and later, runs under one numbering of accounts and attributes (label from 1), cut to the
-- months that both ledgers cover. Runs that both have cancel out before anything is ordered.
with both_ledgers as (
  select account, label, f, t, mrr, cast(1 as bigint) as side from earlier
  union all
  select account, label, f, t, mrr, cast(-1 as bigint) as side from later),
differing as (
  select account, label, f, t, mrr, cast(sum(side) as bigint) as side
  from both_ledgers
  group by account, label, f, t, mrr
  having sum(side) <> 0),
steps as (
  select account, f as m, side, cast(1 as bigint) as sign, mrr, label from differing
  union all
  select account, t as m, side, cast(-1 as bigint) as sign, mrr, label from differing),
changes as (
  select account, m,
    sum(case when side > 0 then sign * mrr else 0 end) as before_mrr, sum(case when side < 0 then sign * mrr else 0 end) as after_mrr,
    sum(case when side > 0 then sign * label else 0 end) as before_label, sum(case when side < 0 then sign * label else 0 end) as after_label
  from steps
  group by account, m),
stretches as (
  select account, m as f, lead(m) over w as t,
    cast(sum(before_mrr) over w as bigint) as before_mrr, cast(sum(after_mrr) over w as bigint) as after_mrr,
    cast(sum(before_label) over w as bigint) as before_label, cast(sum(after_label) over w as bigint) as after_label
  from changes
  window w as (partition by account order by m))
select account, f, t, before_mrr, after_mrr, before_label, after_label
from stretches
where t is not null and (before_mrr <> after_mrr or (before_mrr > 0 and before_label <> after_label))
