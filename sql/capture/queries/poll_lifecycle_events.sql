-- Send the lifecycle events that follow a position, as whole transactions, in the columns of the stage table.
-- Parameters: gatherer_id smallint, after xid8, rows_max integer (the last transaction may exceed it)
-- Reads: sync.lifecycle_events_v1
-- Returns: rows in PostgreSQL's binary COPY format
copy (
    select
        ingest_xid,
        %(gatherer_id)s::smallint as gatherer_id,
        seen_at,
        received_at,
        subject_ticker,
        kind,
        payload_sha256,
        payload
    from sync.lifecycle_events_v1
    where ingest_xid > %(after)s::xid8
    order by ingest_xid
    fetch first %(rows_max)s rows with ties
) to stdout (format "binary");
