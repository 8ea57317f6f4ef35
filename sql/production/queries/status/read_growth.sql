-- Read how fast what may not be dropped grew in the last day.
-- Reads: ops.storage_samples
-- Returns: the size of production and what of it may not be dropped, as last recorded; by how many bytes a day the
-- latter grows, as a line through the samples of a day; 0 if they cover less than six hours
select
    (array_agg(s.database_bytes order by s.sampled_at desc))[1] as database_bytes,
    (array_agg(s.kept_bytes order by s.sampled_at desc))[1] as kept_bytes,
    case
        when max(s.sampled_at) - min(s.sampled_at) >= interval '6 h'
            then regr_slope(s.kept_bytes, extract(epoch from s.sampled_at)) * 86400
        else 0
    end as bytes_per_day
from ops.storage_samples as s
where s.sampled_at > now() - interval '1 day'
having count(*) > 0;
