-- moves: every account's monthly movements within one window, with what it paid and its attributes in the month before.
-- Grain: account × month.
-- Inputs: positions. Parameters: :open and :close, the months of the window.
with runs_before as (
  select account, f, t, mrr, prev, nxt, profile, first_paid,
    coalesce(lag(profile) over (partition by account order by f), profile) as profile_before
  from positions)
select account, f as m, profile_before as profile,
  case when prev > 0 and mrr > prev then mrr - prev else 0 end as expansion_mrr,
  case when prev > mrr then prev - mrr else 0 end as contraction_mrr,
  cast(0 as bigint) as churn_mrr,
  case when prev = 0 then mrr else 0 end as returned_mrr,
  profile as own_profile, prev as before_mrr
from runs_before
where f > :open and f <= :close and mrr <> prev and f > first_paid
union all
select account, t as m, profile, cast(0 as bigint), cast(0 as bigint), mrr, cast(0 as bigint), profile, mrr as before_mrr
from runs_before
where t > :open and t <= :close and nxt = 0
