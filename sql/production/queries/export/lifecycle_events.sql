-- Read lifecycle messages for the archive; amounts as text, exactly as they are held.
-- Parameters: begin_at, end_at timestamptz
-- Reads: market_data.lifecycle_events
-- Returns: columns in the order of the archive's schema
select
    t.subject_ticker,
    t.seen_at,
    t.kind,
    t.payload_sha256,
    t.occurrence,
    t.payload::text as payload,
    t.received_at,
    t.gatherer_id
from market_data.lifecycle_events as t
where t.seen_at >= %(begin_at)s::timestamptz and t.seen_at < %(end_at)s::timestamptz;
