-- Create the table that polled states of the exchange pass through; its columns are those that
-- registry/poll/exchange_status sends.
-- Writes: pg_temp.stage
-- Returns: nothing
create temporary table stage (
    gatherer_id smallint not null,
    kind text collate "C",
    exchange_index integer,
    exchange_active boolean,
    trading_active boolean,
    resumes_at timestamptz,
    begins_at timestamptz,
    ends_at timestamptz,
    body jsonb,
    body_sha256 bytea,
    first_seen_at timestamptz,
    confirmed_at timestamptz,
    ingest_xid xid8 not null
) on commit delete rows;
