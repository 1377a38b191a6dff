-- cohort sizes: accounts and opening MRR of each cohort. Grain: segment as of first payment × cohort.
-- Inputs: members(account, profile, cohort, opening), chosen(profile, segment). Parameters: none.
select c.segment, b.cohort, cast(count(*) as bigint) as accounts, cast(sum(b.opening) as bigint) as opening_mrr
from members as b
join chosen as c on c.profile = b.profile
group by c.segment, b.cohort
