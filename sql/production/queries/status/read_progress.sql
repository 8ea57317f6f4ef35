-- Read what has been merged so far, per stream and gatherer, all its epochs together.
-- Reads: ops.cursors
-- Returns: stream, gatherer_id, rows polled, new, duplicate and rejected
select
    stream,
    gatherer_id,
    sum(rows_polled)::bigint as rows_polled,
    sum(rows_new)::bigint as rows_new,
    sum(rows_duplicate)::bigint as rows_duplicate,
    sum(rows_rejected)::bigint as rows_rejected
from ops.cursors
group by stream, gatherer_id
order by stream, gatherer_id;
