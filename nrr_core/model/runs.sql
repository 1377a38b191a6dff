-- runs: maximal stretches [f, t) in which an account's MRR and attributes stay the same. Grain: account × run.
-- Inputs: pieces(account, f, t, mrr, profile), mrr > 0, pieces of one account do not overlap. Parameters: none.
-- One ordered pass over the pieces finds where runs start and where accounts end; the rest works on those few rows.
with neighbours as (
  select account, f, t, mrr, profile,
    lag(t) over w as last_t, lag(mrr) over w as last_mrr, lag(profile) over w as last_profile, lead(f) over w as next_f
  from pieces
  window w as (partition by account order by f)),
marked as (
  select account, f, t, mrr, profile, last_t, next_f,
    case when last_t = f and last_mrr = mrr and last_profile = profile then 0 else 1 end as starts
  from neighbours),
ends as (
  select account, f, mrr, profile, starts,
    case when next_f is null then t else lead(case when starts = 1 then last_t else t end) over (partition by account order by f) end as t
  from marked
  where starts = 1 or next_f is null)
select account, profile, f, t, mrr
from ends
where starts = 1
