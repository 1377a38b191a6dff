-- paid: every run of the ledger, for comparing whole ledgers. Grain: account × run.
-- Inputs: positions. Parameters: none.
select account, profile, f, t, mrr
from positions
