-- known since: what the accounts that pay at the end of :start pay, by the month in which they first paid.
-- Grain: segment at :start × group at :start × month. Inputs: positions, chosen(profile, segment), grouped(profile, place). Parameters: :start.
select c.segment, g.place, s.first_paid as m, cast(sum(s.mrr) as bigint) as closing_mrr
from positions as s
join chosen as c on c.profile = s.profile
join grouped as g on g.profile = s.profile
where s.f <= :start and s.t > :start
group by c.segment, g.place, s.first_paid
