-- Put the staged rows into quarantine, since production refuses to merge them.
-- Parameters: stream text, reason text
-- Reads: pg_temp.stage
-- Writes: ops.rejected_rows
-- Returns: nothing
insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
select
    %(stream)s as stream_name,
    s.gatherer_id,
    s.ingest_xid,
    %(reason)s as refusal,
    to_jsonb(s) as body
from pg_temp.stage as s;
