-- Read how fast what may not be dropped grew in the last day, as a line through its samples. While they cover less than
-- six hours, and for the last five of them in two hours, a line counts only for what is sure: its slope less four times
-- its standard error, from four samples on.
-- Reads: ops.storage_samples
-- Returns: the size of production and what of it may not be dropped, as last recorded; by how many bytes a day the
-- latter grows, and by how many for sure according to the last five samples; 0 if that is not known
with sample as (
    select
        s.sampled_at,
        s.database_bytes,
        s.kept_bytes,
        extract(epoch from s.sampled_at)::float8 as second,
        row_number() over (order by s.sampled_at desc) as number
    from ops.storage_samples as s
    where s.sampled_at > now() - interval '1 day'
),

line as (
    select
        p.samples_max,
        max(s.sampled_at) - min(s.sampled_at) as length,
        regr_slope(s.kept_bytes, s.second) * 86400 as slope,
        case
            when count(*) >= 4
                then
                    86400 * greatest(
                        0,
                        regr_slope(s.kept_bytes, s.second) - 4 * sqrt(
                            greatest(
                                0,
                                regr_syy(s.kept_bytes, s.second)
                                - regr_slope(s.kept_bytes, s.second) * regr_sxy(s.kept_bytes, s.second)
                            ) / nullif((count(*) - 2) * regr_sxx(s.kept_bytes, s.second), 0)
                        )
                    )
        end as sure_slope
    from sample as s
    inner join (values (5, 2), (1000, 24)) as p (samples_max, hours)
        on s.number <= p.samples_max and s.sampled_at > now() - make_interval(hours => p.hours)
    group by p.samples_max
)

select
    n.database_bytes,
    n.kept_bytes,
    coalesce(case when d.length >= interval '6 h' then d.slope else d.sure_slope end, 0) as bytes_per_day,
    coalesce(r.sure_slope, 0) as recent_bytes_per_day
from sample as n
inner join line as d on d.samples_max = 1000
left join line as r on r.samples_max = 5
where n.number = 1;
