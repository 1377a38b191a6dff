-- held: how many months of a window each account stood in each segment, by the month ends from :open to the one before :close. Grain: account × segment.
-- Only accounts that pay at :open. Inputs: positions, chosen(profile, segment). Parameters: :open and :close, the months of the window.
with base as (
  select account from positions where f <= :open and t > :open)
select p.account, c.segment,
  cast(sum(case when p.t < :close then p.t else :close end - case when p.f > :open then p.f else :open end) as bigint) as months
from positions as p
join base as b on b.account = p.account
join chosen as c on c.profile = p.profile
where p.f < :close and p.t > :open
group by p.account, c.segment
