-- arrivals: signed steps of MRR at the close of a window that was not there at its open: new (first paid inside the window) and
-- reactivation (paid before, not at the open). The running sum over m is the window that closes at the end of m.
-- Grain: segment at close × month. Inputs: positions, pairs, chosen(profile, segment). Parameters: :months, the length of the window.
with new_runs as (
  select profile, mrr, f, case when t < first_paid + :months then t else first_paid + :months end as t
  from positions
  where f < first_paid + :months),
later_runs as (
  select profile, mrr, case when f > first_paid + :months then f else first_paid + :months end as f, t
  from positions
  where t > first_paid + :months),
steps as (
  select profile, f as m, mrr as new_mrr, cast(1 as bigint) as new_accounts,
    cast(0 as bigint) as later_mrr, cast(0 as bigint) as later_accounts from new_runs
  union all
  select profile, t as m, -mrr, cast(-1 as bigint), cast(0 as bigint), cast(0 as bigint) from new_runs
  union all
  select profile, f as m, cast(0 as bigint), cast(0 as bigint), mrr, cast(1 as bigint) from later_runs
  union all
  select profile, t as m, cast(0 as bigint), cast(0 as bigint), -mrr, cast(-1 as bigint) from later_runs
  union all
  select close_profile as profile, f + :months as m, cast(0 as bigint), cast(0 as bigint), -closing, cast(-1 as bigint) from pairs
  union all
  select close_profile as profile, t + :months as m, cast(0 as bigint), cast(0 as bigint), closing, cast(1 as bigint) from pairs)
select c.segment, s.m,
  cast(sum(s.new_mrr) as bigint) as new_mrr, cast(sum(s.new_accounts) as bigint) as new_accounts,
  cast(sum(s.later_mrr) as bigint) as reactivation_mrr, cast(sum(s.later_accounts) as bigint) as reactivation_accounts
from steps as s
join chosen as c on c.profile = s.profile
group by c.segment, s.m
