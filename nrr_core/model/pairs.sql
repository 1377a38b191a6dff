-- pairs: an account's position at month m joined with its position at m + :months, for every m in [f, t) at once.
-- This self-join is the definition of NRR: opening accounts are positions, retained ones are pairs, churned ones have no pair.
-- Grain: account × stretch of opening months. Inputs: positions. Parameters: :months, the length of the window.
select s.account, s.profile, e.profile as close_profile, s.mrr as opening, e.mrr as closing,
  case when s.f > e.f - :months then s.f else e.f - :months end as f,
  case when s.t < e.t - :months then s.t else e.t - :months end as t
from positions as s
join positions as e on e.account = s.account and s.f < e.t - :months and e.f - :months < s.t
