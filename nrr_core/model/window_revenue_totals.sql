-- window revenue totals: what the accounts that paid at the end of :first were billed in the months [:first, :middle) and [:middle, :until),
-- added up account by account (window_revenue.sql), then by segment in the first month. Grain: segment.
-- Inputs: positions, chosen(profile, segment). Parameters: :first, :middle, :until; :floor, the smallest MRR at :first that counts.
with cohort as (
  select account, profile from positions where f <= :first and t > :first and mrr >= :floor),
months as (
  select p.account, p.mrr,
    (case when p.t < :middle then p.t else :middle end) - (case when p.f > :first then p.f else :first end) as earlier,
    (case when p.t < :until then p.t else :until end) - (case when p.f > :middle then p.f else :middle end) as later
  from positions as p
  where p.t > :first and p.f < :until),
revenues as (
  select n.account, n.profile,
    cast(sum(m.mrr * case when m.earlier > 0 then m.earlier else 0 end) as bigint) as earlier_mrr,
    cast(sum(m.mrr * case when m.later > 0 then m.later else 0 end) as bigint) as later_mrr
  from months as m
  join cohort as n on n.account = m.account
  group by n.account, n.profile)
select c.segment,
  cast(sum(r.earlier_mrr) as bigint) as earlier_mrr, cast(sum(r.later_mrr) as bigint) as later_mrr,
  cast(sum(case when r.later_mrr < r.earlier_mrr then r.later_mrr else r.earlier_mrr end) as bigint) as kept_mrr,
  cast(sum(case when r.later_mrr = 0 then r.earlier_mrr else 0 end) as bigint) as churn_mrr,
  cast(count(*) as bigint) as accounts,
  cast(sum(case when r.later_mrr > 0 then 1 else 0 end) as bigint) as retained_accounts
from revenues as r
join chosen as c on c.profile = r.profile
group by c.segment
