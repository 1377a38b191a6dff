-- largest: the opening accounts of each window that weigh most in it, by the larger of opening and closing MRR.
-- Grain: segment at open × month of opening × account. Inputs: positions, pairs, chosen(profile, segment), opens(segment, m).
-- Parameters: :most accounts of each segment and month, :floor opening MRR that counts.
-- One sorting key is several times as fast as two: the account's number, below 2^32, settles ties in the digits after the amount.
with opened as (
  select o.segment, o.m, s.account, s.mrr as opening, coalesce(p.closing, 0) as closing
  from opens as o
  join positions as s on s.f <= o.m and s.t > o.m
  join chosen as c on c.profile = s.profile and c.segment = o.segment
  left join pairs as p on p.account = s.account and p.f <= o.m and p.t > o.m
  where s.mrr >= :floor),
keyed as (
  select segment, m, account, opening, closing,
    cast(case when closing > opening then closing else opening end as decimal(38, 0)) * 4294967296 - account as weight
  from opened),
ranked as (
  select segment, m, account, opening, closing, row_number() over (partition by segment, m order by weight desc) as place
  from keyed)
select segment, m, account, opening, closing, place
from ranked
where place <= :most
