-- Create the table that polled gaps pass through; its columns are those that capture/poll/gaps sends.
-- Writes: pg_temp.stage
-- Returns: nothing
create temporary table stage (
    gatherer_id smallint not null,
    epoch uuid not null,
    frame_number bigint,
    connection_id bigint,
    sid integer,
    channel text,
    seq_expected bigint,
    seq_received bigint,
    began_at timestamptz,
    detected_at timestamptz,
    ended_at timestamptz,
    repair text,
    ingest_xid xid8 not null
) on commit delete rows;
