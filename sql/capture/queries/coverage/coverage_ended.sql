-- Record that coverage of markets ended; a row without a market ends the whole subscription.
-- Parameters: rows jsonb, an array of objects
-- Writes: capture.subscriptions
-- Returns: nothing
update capture.subscriptions as s
set
    ingest_xid = pg_current_xact_id(),
    ended_at = greatest(r.ended_at, s.began_at),
    end_reason = r.end_reason
from
    jsonb_to_recordset(%(rows)s::jsonb) as r (
        connection_id bigint, sid integer, market_ticker text, ended_at timestamptz, end_reason text
    )
where
    s.connection_id = r.connection_id
    and s.sid = r.sid
    and s.market_ticker = coalesce(r.market_ticker, s.market_ticker)
    and s.ended_at is null;
