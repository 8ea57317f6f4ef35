-- Create the table that polled connections pass through; its columns are those that capture/poll/connections sends.
-- Writes: pg_temp.stage
-- Returns: nothing
create temporary table stage (
    gatherer_id smallint not null,
    epoch uuid not null,
    connection_id bigint,
    name text,
    url text,
    use_yes_price boolean,
    opened_at timestamptz,
    closed_at timestamptz,
    close_reason text,
    frames_received bigint,
    ingest_xid xid8 not null
) on commit delete rows;
