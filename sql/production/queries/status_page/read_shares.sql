-- Sum up what each gatherer contributed to each stream in the hours since a time.
-- Parameters: since timestamptz; rows_max integer
-- Reads: ops.arbitration
-- Returns: stream, gatherer_id, rows in the sample, those that it received, received first, received alone and missed,
-- its delay in milliseconds in the last of these hours, and since when and until when rows are summed up
select
    a.stream,
    a.gatherer_id,
    sum(a.rows_sampled)::bigint as rows_sampled,
    sum(a.rows_seen)::bigint as rows_seen,
    sum(a.rows_first)::bigint as rows_first,
    sum(a.rows_unique)::bigint as rows_unique,
    sum(a.rows_missed)::bigint as rows_missed,
    (array_agg(a.lag_ms_p50 order by a.hour desc))[1]::float8 as lag_ms_p50,
    (array_agg(a.lag_ms_p99 order by a.hour desc))[1]::float8 as lag_ms_p99,
    min(a.hour) as from_at,
    max(a.hour) + interval '1 h' as until_at
from ops.arbitration as a
where a.hour >= %(since)s::timestamptz
group by a.stream, a.gatherer_id
order by a.stream asc, a.gatherer_id asc
limit %(rows_max)s::integer;
