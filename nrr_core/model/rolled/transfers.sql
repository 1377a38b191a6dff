-- transfers, read from their roll-up. Grain: segment left × segment entered × month; null where that side is filtered out.
-- Inputs: rolled_transfers(from_segment, to_segment, m, mrr), chosen(profile, segment): here a profile is a cell.
select o.segment as from_segment, e.segment as to_segment, r.m, cast(sum(r.mrr) as bigint) as mrr
from rolled_transfers as r
left join chosen as o on o.profile = r.from_segment
left join chosen as e on e.profile = r.to_segment
where (o.segment is distinct from e.segment)
group by o.segment, e.segment, r.m
