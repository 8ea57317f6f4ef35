-- Create the table that polled lifecycle events pass through.
-- Its columns are those that capture/poll/lifecycle_events sends.
-- Writes: pg_temp.stage
-- Returns: nothing
create temporary table stage (
    gatherer_id smallint not null,
    seen_at timestamptz,
    received_at timestamptz,
    subject_ticker text collate "C",
    kind text,
    payload_sha256 bytea,
    payload jsonb,
    occurrence integer,
    -- Null in a row of the archive, as when its connection opened.
    earlier_at timestamptz[],
    connected_at timestamptz,
    ingest_xid xid8 not null
) on commit delete rows;
