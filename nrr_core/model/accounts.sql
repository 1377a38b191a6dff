-- accounts: each account that pays at the open or the close of one window, with the movements inside it. Grain: account.
-- Inputs: positions. Parameters: :open and :close, the months of the window.
select account,
  cast(sum(case when f <= :open then mrr else 0 end) as bigint) as opening_mrr,
  cast(sum(case when t > :close then mrr else 0 end) as bigint) as closing_mrr,
  max(case when f <= :open then profile end) as open_profile,
  max(case when t > :close then profile end) as close_profile,
  max(cast(f as bigint) * 4294967296 + profile) as last_run,  -- month and attributes of the last run up to the close, in one number
  min(first_paid) as first_paid,
  cast(sum(case when f > :open and prev > 0 and mrr > prev then mrr - prev else 0 end) as bigint) as raised_mrr,
  cast(sum(case when f > :open and prev > mrr then prev - mrr else 0 end) as bigint) as lowered_mrr,
  cast(sum(case when t <= :close and nxt = 0 then mrr else 0 end) as bigint) as left_mrr,
  cast(sum(case when f > :open and prev = 0 and f > first_paid then mrr else 0 end) as bigint) as returned_mrr
from positions
where t > :open and f <= :close
group by account
having sum(case when f <= :open or t > :close then 1 else 0 end) > 0
