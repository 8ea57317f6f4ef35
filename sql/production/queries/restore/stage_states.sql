-- Copy the exchange's objects of a file into the stage. The archive does not say who fetched them: gatherer 0.
-- Reads: pg_temp.archived_rows
-- Writes: pg_temp.stage
-- Returns: nothing
insert into pg_temp.stage (gatherer_id, ticker, updated_time, fetched_at, body, body_sha256, ingest_xid)
select
    0 as gatherer_id,
    r.ticker,
    r.updated_time,
    r.fetched_at,
    r.body,
    r.body_sha256,
    '0' as ingest_xid
from archived_rows as r;
