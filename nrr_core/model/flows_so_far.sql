-- flows so far: signed steps of the monthly movements up to the end of :start of accounts that pay at a window's open; the running sum
-- over m is the window (m, :start]. Grain: segment × month; the segment is that of the opening, or, where :settled is 1, that at the end of
-- :start or the last one before it. Inputs: positions, chosen(profile, segment).
-- Parameters: :start; :since, the earliest open; :floor, the smallest opening that counts; :settled, 0 or 1.
with placed as (
  select account, profile, row_number() over (partition by account order by f desc) as place
  from positions
  where f <= :start),
opened as (
  select s.account, case when :settled = 1 then l.profile else s.profile end as profile, s.f, s.t
  from positions as s
  join placed as l on l.account = s.account and l.place = 1
  where s.f <= :start and s.t > :since and s.mrr >= :floor),
movements as (
  select account, f as u,
    case when prev > 0 and mrr > prev then mrr - prev else 0 end as expansion,
    case when prev > mrr then prev - mrr else 0 end as contraction,
    cast(0 as bigint) as churn,
    case when prev = 0 then mrr else 0 end as returned
  from positions
  where mrr <> prev and f > first_paid and f > :since and f <= :start
  union all
  select account, t as u, cast(0 as bigint), cast(0 as bigint), mrr, cast(0 as bigint)
  from positions
  where nxt = 0 and t > :since and t <= :start),
counted as (
  select s.profile, e.expansion, e.contraction, e.churn, e.returned,
    case when s.f > :since then s.f else :since end as f,
    case when s.t < e.u then s.t else e.u end as t
  from movements as e
  join opened as s on s.account = e.account and s.f < e.u),
steps as (
  select profile, f as m, cast(1 as bigint) as sign, expansion, contraction, churn, returned from counted
  union all
  select profile, t as m, cast(-1 as bigint) as sign, expansion, contraction, churn, returned from counted)
select c.segment, s.m,
  cast(sum(s.sign * s.expansion) as bigint) as expansion_mrr,
  cast(sum(s.sign * s.contraction) as bigint) as contraction_mrr,
  cast(sum(s.sign * s.churn) as bigint) as churn_mrr,
  cast(sum(s.sign * s.returned) as bigint) as returned_mrr
from steps as s
join chosen as c on c.profile = s.profile
group by c.segment, s.m
