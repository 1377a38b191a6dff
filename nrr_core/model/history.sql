-- history: the runs of some accounts, in order. Grain: account × run.
-- Inputs: positions, wanted(account). Parameters: none.
select p.account, p.profile, p.f, p.t, p.mrr, p.prev, p.nxt, p.first_paid
from positions as p
join wanted as w on w.account = p.account
order by p.account, p.f
