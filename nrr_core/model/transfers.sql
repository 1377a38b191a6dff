-- transfers: signed steps of MRR whose account closes a window in another segment than it opened in; the running sum over m is the
-- window that closes at the end of m. Grain: segment left × segment entered × month; null where that side is filtered out.
-- Inputs: pairs, chosen(profile, segment). Parameters: :months, the length of the window.
with moved as (
  select p.f, p.t, p.closing, o.segment as from_segment, e.segment as to_segment
  from pairs as p
  left join chosen as o on o.profile = p.profile
  left join chosen as e on e.profile = p.close_profile
  where p.profile <> p.close_profile and (o.segment is distinct from e.segment)),
steps as (
  select from_segment, to_segment, f + :months as m, closing as mrr from moved
  union all
  select from_segment, to_segment, t + :months as m, -closing as mrr from moved)
select from_segment, to_segment, m, cast(sum(mrr) as bigint) as mrr
from steps
group by from_segment, to_segment, m
