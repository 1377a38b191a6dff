-- reclassified: accounts that pay in the same month of two ledgers in different segments, by dimension. Grain: dimension.
-- Inputs: stretches(account, f, t, before_mrr, after_mrr, before_label, after_label), described(label, place, segment): the segment
-- of each combination of attributes in the dimension at that place. Parameters: none.
select b.place, cast(count(distinct s.account) as bigint) as accounts, cast(sum(s.t - s.f) as bigint) as account_months
from stretches as s
join described as b on b.label = s.before_label
join described as a on a.label = s.after_label and a.place = b.place
where s.before_mrr > 0 and s.after_mrr > 0 and a.segment <> b.segment
group by b.place
