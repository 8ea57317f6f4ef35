-- Create the table that polled index values pass through; its columns are those that capture/poll/index_values sends.
-- Writes: pg_temp.stage
-- Returns: nothing
create temporary table stage (
    gatherer_id smallint not null,
    source_ts timestamptz,
    received_at timestamptz,
    index_id text collate "C",
    published_at timestamptz,
    value numeric,
    average_60s numeric,
    average_15min numeric,
    payload jsonb,
    ingest_xid xid8 not null
) on commit delete rows;
