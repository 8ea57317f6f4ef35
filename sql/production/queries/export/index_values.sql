-- Read values of indices for the archive; amounts as text, exactly as they are held.
-- Parameters: begin_at, end_at timestamptz
-- Reads: market_data.index_values
-- Returns: columns in the order of the archive's schema
select
    t.index_id,
    t.source_ts,
    t.published_at,
    t.value::text as value,
    t.average_60s::text as average_60s,
    t.average_15min::text as average_15min,
    t.payload::text as payload,
    t.received_at,
    t.gatherer_id
from market_data.index_values as t
where t.source_ts >= %(begin_at)s::timestamptz and t.source_ts < %(end_at)s::timestamptz;
