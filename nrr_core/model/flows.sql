-- flows: signed steps of the monthly movements inside a window of accounts that pay at its open; the running sum over m is the
-- window that opens at the end of m. A movement in month u counts for every window that opens from u - :months to u - 1.
-- Grain: segment × month; the segment is that of the month :later months after the open, or the last one before it.
-- Inputs: positions, chosen(profile, segment). Parameters: :months, the length of the window; :floor, the smallest opening that
-- counts; :later, 0 for the segment at open, :months for the one at close; :beyond, a month after every window.
with attributes as (
  select account, profile, f, coalesce(lead(f) over (partition by account order by f), :beyond) as t from positions),
opened as (
  select s.account, a.profile, s.mrr,
    case when s.f > a.f - :later then s.f else a.f - :later end as f,
    case when s.t < a.t - :later then s.t else a.t - :later end as t
  from positions as s
  join attributes as a on a.account = s.account and s.f < a.t - :later and a.f - :later < s.t
  where s.mrr >= :floor),
movements as (
  select account, f as u,
    case when prev > 0 and mrr > prev then mrr - prev else 0 end as expansion,
    case when prev > mrr then prev - mrr else 0 end as contraction,
    cast(0 as bigint) as churn,
    case when prev = 0 and f > first_paid then mrr else 0 end as returned
  from positions
  where mrr <> prev and f > first_paid
  union all
  select account, t as u, cast(0 as bigint), cast(0 as bigint), mrr, cast(0 as bigint)
  from positions
  where nxt = 0),
counted as (
  select s.profile, e.expansion, e.contraction, e.churn, e.returned,
    case when s.f > e.u - :months then s.f else e.u - :months end as f,
    case when s.t < e.u then s.t else e.u end as t
  from movements as e
  join opened as s on s.account = e.account and s.f < e.u and s.t > e.u - :months),
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
