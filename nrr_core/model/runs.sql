-- runs: maximal stretches [f, t) in which an account's MRR and attributes stay the same. Grain: account × run.
-- Inputs: pieces(account, f, t, mrr, profile), mrr > 0, pieces of one account do not overlap. Parameters: none.
with marked as (
  select account, f, t, mrr, profile,
    case when lag(t) over w = f and lag(mrr) over w = mrr and lag(profile) over w = profile then 0 else 1 end as starts
  from pieces
  window w as (partition by account order by f)),
numbered as (
  select account, f, t, mrr, profile, sum(starts) over (partition by account order by f) as run from marked)
select account, profile, min(f) as f, max(t) as t, min(mrr) as mrr
from numbered
group by account, profile, run
