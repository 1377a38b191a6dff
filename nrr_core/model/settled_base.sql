-- settled base: base.sql with every opening account in its segment at the close of the window, or in the last one it had before;
-- the running sum over m is the window that opens at the end of m.
-- Grain: segment at close × month. Inputs: positions, chosen(profile, segment). Parameters: :months, the length of the window;
-- :beyond, a month after every window; :floor, the smallest opening that counts.
with attributes as (
  select account, profile, f, coalesce(lead(f) over (partition by account order by f), :beyond) as t from positions),
opened as (
  select a.profile, s.mrr,
    case when s.f > a.f - :months then s.f else a.f - :months end as f,
    case when s.t < a.t - :months then s.t else a.t - :months end as t
  from positions as s
  join attributes as a on a.account = s.account and s.f < a.t - :months and a.f - :months < s.t
  where s.mrr >= :floor),
steps as (
  select profile, f as m, mrr, cast(1 as bigint) as accounts from opened
  union all
  select profile, t as m, -mrr as mrr, cast(-1 as bigint) as accounts from opened)
select c.segment, s.m, cast(sum(s.mrr) as bigint) as mrr, cast(sum(s.accounts) as bigint) as accounts
from steps as s
join chosen as c on c.profile = s.profile
group by c.segment, s.m
