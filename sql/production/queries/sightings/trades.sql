-- Record which gatherer received which trade, and when.
-- Reads: pg_temp.stage
-- Writes: ops.sightings
-- Returns: nothing
insert into ops.sightings (stream, seen_at, key_hash, gatherer_id, received_at)
select
    'trades' as stream,
    exchange_ts as seen_at,
    hashtextextended(trade_id, 0) as key_hash,
    gatherer_id,
    received_at
from stage
on conflict do nothing;
