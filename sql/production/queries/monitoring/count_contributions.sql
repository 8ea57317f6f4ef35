-- Estimate from the sample what each gatherer contributed in the last day.
-- Reads: ops.arbitration
-- Returns: gatherer_id, stream, rows that only this gatherer received, that it received first, and that it missed
select
    a.gatherer_id,
    a.stream,
    sum(a.rows_unique * a.sampled_one_in)::bigint as rows_unique,
    sum(a.rows_first * a.sampled_one_in)::bigint as rows_first,
    sum(a.rows_missed * a.sampled_one_in)::bigint as rows_missed
from ops.arbitration as a
where a.hour > now() - interval '1 day'
group by a.gatherer_id, a.stream
order by a.gatherer_id, a.stream;
