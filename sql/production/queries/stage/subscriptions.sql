-- Create the table that polled subscriptions pass through; its columns are those that capture/poll/subscriptions sends.
-- Writes: pg_temp.stage
-- Returns: nothing
create temporary table stage (
    gatherer_id smallint not null,
    epoch uuid not null,
    connection_id bigint,
    sid integer,
    channel text,
    market_ticker text collate "C",
    began_at timestamptz,
    ended_at timestamptz,
    end_reason text,
    ingest_xid xid8 not null
) on commit delete rows;
