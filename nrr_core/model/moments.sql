-- moments: signed steps of what a bootstrap needs of the opening accounts of a window: counts, amounts, and amounts multiplied.
-- The running sum over m is the window that opens at the end of m. Products outgrow 64 bits: exact decimals here, doubles once they are read.
-- Grain: segment at open × month. Inputs: positions, pairs, chosen(profile, segment).
-- Parameters: :earliest and :latest month of opening, :floor opening MRR that counts.
with opened as (
  select profile, f, t, cast(1 as bigint) as opens, cast(0 as bigint) as stays, mrr as opening, cast(0 as bigint) as closing, cast(0 as bigint) as kept,
    cast(mrr as decimal(38, 0)) as s, cast(0 as decimal(38, 0)) as o, cast(0 as decimal(38, 0)) as c, cast(0 as decimal(38, 0)) as k
  from positions
  where f <= :latest and t > :earliest and mrr >= :floor
  union all
  select profile, f, t, cast(0 as bigint), cast(1 as bigint), cast(0 as bigint), closing, case when closing < opening then closing else opening end,
    cast(0 as decimal(38, 0)), cast(opening as decimal(38, 0)), cast(closing as decimal(38, 0)),
    cast(case when closing < opening then closing else opening end as decimal(38, 0))
  from pairs
  where f <= :latest and t > :earliest and opening >= :floor),
steps as (
  select profile, case when f < :earliest then :earliest else f end as m, opens, stays, opening, closing, kept,
    s * s as ss, c * c as cc, k * k as kk, o * c as sc, o * k as sk from opened
  union all
  select profile, t as m, -opens, -stays, -opening, -closing, -kept,
    -s * s, -c * c, -k * k, -o * c, -o * k from opened where t <= :latest)
select h.segment, s.m,
  cast(sum(s.opens) as bigint) as opening_accounts, cast(sum(s.stays) as bigint) as retained_accounts,
  cast(sum(s.opening) as bigint) as opening_mrr, cast(sum(s.closing) as bigint) as closing_mrr, cast(sum(s.kept) as bigint) as kept_mrr,
  sum(s.ss) as opening_squared, sum(s.cc) as closing_squared, sum(s.kk) as kept_squared,
  sum(s.sc) as opening_closing, sum(s.sk) as opening_kept
from steps as s
join chosen as h on h.profile = s.profile
group by h.segment, s.m
