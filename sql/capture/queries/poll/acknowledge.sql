-- Acknowledge to a gatherer up to which of its transactions production holds a stream.
-- Parameters: stream text, ingest_xid xid8
-- Writes: what sync.acknowledge writes
-- Returns: one row, which the caller ignores
select sync.acknowledge(%(stream)s::text, %(ingest_xid)s::xid8);
