-- members: every account's acquisition cohort, by the last month of the calendar period of its first payment, with its MRR at that month's end.
-- Grain: account. Inputs: positions. Parameters: :length of a period in months, :start month of the fiscal year, :last month that counts.
with firsts as (
  select account, profile, f + (:length - 1) - ((f - :start) % :length) as cohort from positions where f = first_paid)
select a.account, a.profile, a.cohort, coalesce(p.mrr, 0) as opening
from firsts as a
left join positions as p on p.account = a.account and p.f <= a.cohort and a.cohort < p.t
where a.cohort <= :last
