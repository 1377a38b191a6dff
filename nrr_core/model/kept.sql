-- kept: signed steps of what the opening accounts of a window still pay at its close; the running sum over m is the window that opens at the end of m.
-- Grain: segment at open × month. Inputs: pairs, chosen(profile, segment). Parameters: :floor, the smallest opening that counts.
with steps as (
  select profile, f as m, cast(1 as bigint) as sign, opening, closing from pairs where opening >= :floor
  union all
  select profile, t as m, cast(-1 as bigint) as sign, opening, closing from pairs where opening >= :floor)
select c.segment, s.m,
  cast(sum(s.sign * s.opening) as bigint) as paired_mrr,
  cast(sum(s.sign * s.closing) as bigint) as closing_mrr,
  cast(sum(s.sign * case when s.closing < s.opening then s.closing else s.opening end) as bigint) as kept_mrr,
  cast(sum(s.sign) as bigint) as retained_accounts,
  cast(sum(case when s.closing > s.opening then s.sign else 0 end) as bigint) as expansion_accounts,
  cast(sum(case when s.closing < s.opening then s.sign else 0 end) as bigint) as contraction_accounts
from steps as s
join chosen as c on c.profile = s.profile
group by c.segment, s.m
