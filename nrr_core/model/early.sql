-- early: accounts that first paid after :since and until :until, and those of them that do not pay at the end of month first paid + :early.
-- Grain: segment as of first payment. Inputs: positions, chosen(profile, segment). Parameters: :since, :until, :early, a number of months.
with firsts as (
  select account, first_profile as profile, first_mrr,
    max(case when f <= first_paid + :early and t > first_paid + :early then 1 else 0 end) as stayed
  from positions
  where first_paid > :since and first_paid <= :until
  group by account, first_profile, first_mrr)
select c.segment, cast(count(*) as bigint) as accounts, cast(sum(1 - n.stayed) as bigint) as left_accounts,
  cast(sum(n.first_mrr) as bigint) as first_mrr, cast(sum(case when n.stayed = 0 then n.first_mrr else 0 end) as bigint) as left_mrr
from firsts as n
join chosen as c on c.profile = n.profile
group by c.segment
