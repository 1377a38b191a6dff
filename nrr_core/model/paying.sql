-- paying: what each account pays at the end of one month, with its attributes then. Grain: account that pays.
-- Inputs: positions. Parameters: :month.
select account, profile, mrr, first_paid
from positions
where f <= :month and t > :month
