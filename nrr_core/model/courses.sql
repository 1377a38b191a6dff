-- courses: what each account pays over all months, for questions about many of them (paying.sql asks for one). Grain: account × run.
-- Inputs: positions. Parameters: none.
select account, profile, f, t, mrr, first_paid
from positions
