-- settled: the attributes of each account at the end of one month, or the last ones it had before. Grain: account that has ever paid.
-- Inputs: positions. Parameters: :month.
select account, max(cast(f as bigint) * 4294967296 + profile) as last_run  -- month and attributes in one number
from positions
where f <= :month
group by account
