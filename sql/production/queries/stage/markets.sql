-- Create the table that polled markets pass through; its columns are those that registry/poll/markets sends.
-- Writes: pg_temp.stage
-- Returns: nothing
create temporary table stage (
    gatherer_id smallint not null,
    ticker text collate "C",
    updated_time timestamptz,
    fetched_at timestamptz,
    body jsonb,
    body_sha256 bytea,
    ingest_xid xid8 not null
) on commit delete rows;
