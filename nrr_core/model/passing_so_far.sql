-- passing so far: signed steps of the monthly movements up to the end of :start of accounts that do not pay at a window's open; the running
-- sum over m is the window (m, :start]. They are all movements less those of accounts that pay at the open (flows_so_far.sql).
-- Grain: segment at the movement × month. Inputs: positions, chosen(profile, segment). Parameters: :start; :since, the earliest open.
with movements as (
  select account, profile, f as u,
    case when prev > 0 and mrr > prev then mrr - prev else 0 end as expansion,
    case when prev > mrr then prev - mrr else 0 end as contraction,
    cast(0 as bigint) as churn,
    case when prev = 0 then mrr else 0 end as returned
  from positions
  where mrr <> prev and f > first_paid and f > :since and f <= :start
  union all
  select account, profile, t as u, cast(0 as bigint), cast(0 as bigint), mrr, cast(0 as bigint)
  from positions
  where nxt = 0 and t > :since and t <= :start),
counted as (
  select profile, cast(1 as bigint) as sign, :since as f, u as t, expansion, contraction, churn, returned from movements
  union all
  select e.profile, cast(-1 as bigint) as sign,
    case when s.f > :since then s.f else :since end as f,
    case when s.t < e.u then s.t else e.u end as t, e.expansion, e.contraction, e.churn, e.returned
  from movements as e
  join positions as s on s.account = e.account and s.f < e.u and s.t > :since),
steps as (
  select profile, f as m, sign, expansion, contraction, churn, returned from counted
  union all
  select profile, t as m, -sign as sign, expansion, contraction, churn, returned from counted)
select c.segment, s.m,
  cast(sum(s.sign * s.expansion) as bigint) as expansion_mrr,
  cast(sum(s.sign * s.contraction) as bigint) as contraction_mrr,
  cast(sum(s.sign * s.churn) as bigint) as churn_mrr,
  cast(sum(s.sign * s.returned) as bigint) as returned_mrr
from steps as s
join chosen as c on c.profile = s.profile
group by c.segment, s.m
