-- pieces, from one-month lines of which no account has two in one month. Grain: account × month with a position above 0.
-- Inputs: lines(line, account, f, t, amount, profile), every t = f + 1. Parameters: :last, the last month that counts.
-- months.sql says the same for lines that have to be added first.
select account, f, f + 1 as t, amount as mrr, profile
from lines
where f <= :last and amount > 0
