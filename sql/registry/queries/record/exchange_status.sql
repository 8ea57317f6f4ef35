-- Store what the exchange said of itself: a new row for a new state, or when a stored one was confirmed last.
-- Parameters: bodies jsonb, an array of objects with the columns of the table
-- Writes: registry.exchange_status
-- Returns: nothing; the row count is the number of rows that are new or were confirmed again
insert into registry.exchange_status as known (
    kind, body_sha256, first_seen_at, confirmed_at, exchange_index, exchange_active, trading_active, resumes_at,
    begins_at, ends_at, body
)
select
    r.kind, sha256(convert_to(r.body::text, 'UTF8')) as body_sha256, r.first_seen_at, r.confirmed_at,
    r.exchange_index, r.exchange_active, r.trading_active, r.resumes_at, r.begins_at, r.ends_at, r.body
from
    jsonb_to_recordset(%(bodies)s::jsonb)
        as r (
            kind text, first_seen_at timestamptz, confirmed_at timestamptz, exchange_index integer,
            exchange_active boolean, trading_active boolean, resumes_at timestamptz, begins_at timestamptz,
            ends_at timestamptz, body jsonb
        )
on conflict (kind, body_sha256, first_seen_at) do update
    set
        confirmed_at = excluded.confirmed_at,
        ingest_xid = pg_current_xact_id()
    where excluded.confirmed_at > known.confirmed_at;
