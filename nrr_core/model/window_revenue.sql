-- window revenue: what each account that paid at the end of :first was billed in the months [:first, :middle) and [:middle, :until).
-- Grain: account. Inputs: positions. Parameters: :first, :middle, :until; :floor, the smallest MRR at :first that counts.
with cohort as (
  select account, profile from positions where f <= :first and t > :first and mrr >= :floor),
months as (
  select p.account, p.mrr,
    (case when p.t < :middle then p.t else :middle end) - (case when p.f > :first then p.f else :first end) as earlier,
    (case when p.t < :until then p.t else :until end) - (case when p.f > :middle then p.f else :middle end) as later
  from positions as p
  where p.t > :first and p.f < :until)
select n.account, n.profile,
  cast(sum(m.mrr * case when m.earlier > 0 then m.earlier else 0 end) as bigint) as earlier_mrr,
  cast(sum(m.mrr * case when m.later > 0 then m.later else 0 end) as bigint) as later_mrr
from months as m
join cohort as n on n.account = m.account
group by n.account, n.profile
