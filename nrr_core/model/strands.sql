-- strands: one-month lines as stretches of months in which a line comes back the same, so that other ledgers can be made of them.
-- Grain: account × subscription × revenue type × currency × profile × amount × place × stretch.
-- Inputs: lines(line, account, item, kind, currency, f, amount, profile). Parameters: :last, the last month that counts.
-- line is the line's place among those of its account and month: which of two equal amounts comes first in the file stays known.
with placed as (
  select account, item, kind, currency, profile, f, amount, row_number() over (partition by account, f order by line) as line
  from lines
  where f <= :last),
islands as (
  select account, item, kind, currency, profile, f, amount, line,
    f - row_number() over (partition by account, item, kind, currency, profile, amount, line order by f) as island
  from placed)
select line, account, item, kind, currency, profile, min(f) as f, max(f) + 1 as t, amount
from islands
group by line, account, item, kind, currency, profile, amount, island
