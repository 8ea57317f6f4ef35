-- Put a row that cannot even be staged into quarantine as it was received.
-- Parameters: stream text, gatherer_id smallint, ingest_xid xid8, reason text, received bytea in binary COPY format,
-- bytes_max integer: how much of it to keep
-- Writes: ops.rejected_rows
-- Returns: nothing
insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
values (
    %(stream)s,
    %(gatherer_id)s,
    %(ingest_xid)s::xid8,
    %(reason)s,
    jsonb_build_object(
        'received', encode(substr(%(received)s, 1, %(bytes_max)s), 'hex'), 'bytes', octet_length(%(received)s)
    )
);
