-- giants: largest.sql for many months at once, looked for only among the accounts that ever pay most, which are few.
-- others: what no other account ever pays more than; where the last of a segment and month weighs more, the answer is that of largest.sql.
-- Grain: segment at open × month of opening × account. Inputs: positions, pairs, chosen(profile, segment), opens(segment, m).
-- Parameters: :most accounts of each segment and month, :among accounts that are looked at, :floor, the smallest opening MRR that counts,
-- :earliest month of opening, :latest month of a close.
with inside as (
  select distinct s.account
  from positions as s
  join chosen as c on c.profile = s.profile
  where s.f <= :latest and s.t > :earliest),
highest as (
  select s.account, max(s.mrr) as mrr
  from positions as s
  join inside as i on i.account = s.account
  where s.f <= :latest and s.t > :earliest
  group by s.account),
listed as (
  select account, mrr from highest order by mrr desc, account limit :among),
opened as (
  select o.segment, o.m, s.account, s.mrr as opening, coalesce(p.closing, 0) as closing
  from listed as l
  join positions as s on s.account = l.account
  join chosen as c on c.profile = s.profile
  join opens as o on o.segment = c.segment and s.f <= o.m and s.t > o.m
  left join pairs as p on p.account = s.account and p.f <= o.m and p.t > o.m
  where s.mrr >= :floor),
keyed as (
  select segment, m, account, opening, closing,
    cast(case when closing > opening then closing else opening end as decimal(38, 0)) * 4294967296 - account as weight
  from opened),
ranked as (
  select segment, m, account, opening, closing, row_number() over (partition by segment, m order by weight desc) as place
  from keyed),
least as (
  select min(mrr) as mrr from listed)
select r.segment, r.m, r.account, r.opening, r.closing, r.place, l.mrr as others
from ranked as r
cross join least as l
where r.place <= :most
