-- Send the lifecycle events after a position, in whole transactions, in the columns of the stage table.
-- Parameters: gatherer_id smallint, after xid8, rows_max integer (the last transaction may exceed it),
-- shard integer, shards integer: the part of the rows, counted from 1, and the number of parts
-- Reads: sync.lifecycle_events_v1
-- Returns: rows in PostgreSQL's binary COPY format; the last column is the next position
copy (
    select
        %(gatherer_id)s::smallint as gatherer_id,
        seen_at,
        received_at,
        subject_ticker,
        kind,
        payload_sha256,
        payload,
        occurrence,
        earlier_at,
        connected_at,
        ingest_xid
    from sync.lifecycle_events_v1
    where
        ingest_xid > %(after)s::xid8
        and (%(shards)s = 1 or mod(hashtext(subject_ticker)::bigint + 2147483648, %(shards)s) = %(shard)s - 1)
    order by ingest_xid
    fetch first %(rows_max)s rows with ties
) to stdout (format "binary");
