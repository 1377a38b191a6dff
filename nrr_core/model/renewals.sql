-- renewals: contracts that end in a month, with what the account paid before and pays after. Grain: segment before the end × month.
-- Inputs: positions, due(profile, m): the months in which contracts of a profile end, chosen(profile, segment).
-- Parameters: :floor, the smallest MRR before the end that counts.
with ended as (
  select s.account, s.profile, d.m, s.mrr
  from due as d
  join positions as s on s.profile = d.profile and s.f < d.m and s.t >= d.m
  where s.mrr >= :floor),
renewed as (
  select n.profile, n.m, n.mrr, coalesce(e.mrr, 0) as after_mrr
  from ended as n
  left join positions as e on e.account = n.account and e.f <= n.m and e.t > n.m)
select c.segment, r.m,
  cast(sum(r.mrr) as bigint) as due_mrr,
  cast(sum(r.after_mrr) as bigint) as after_mrr,
  cast(sum(case when r.after_mrr < r.mrr then r.after_mrr else r.mrr end) as bigint) as kept_mrr,
  cast(sum(case when r.after_mrr = 0 then r.mrr else 0 end) as bigint) as churn_mrr,
  cast(count(*) as bigint) as due_accounts,
  cast(sum(case when r.after_mrr > 0 then 1 else 0 end) as bigint) as renewed_accounts
from renewed as r
join chosen as c on c.profile = r.profile
group by c.segment, r.m
