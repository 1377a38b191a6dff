-- base, read from its roll-up. Grain: segment × month. Inputs: rolled_base(segment, m, …), chosen(profile, segment): here a profile is a cell.
select c.segment, r.m, cast(sum(r.mrr) as bigint) as mrr, cast(sum(r.accounts) as bigint) as accounts
from rolled_base as r
join chosen as c on c.profile = r.segment
group by c.segment, r.m
