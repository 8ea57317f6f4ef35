-- Record which gatherer received which order-book change, and when, for a sample of the changes.
-- Parameters: sightings_one_in integer, the sample's size: one change of this many
-- Reads: pg_temp.stage
-- Writes: ops.sightings
-- Returns: nothing
insert into ops.sightings (stream, seen_at, key_hash, gatherer_id, received_at)
select
    'orderbook_deltas' as stream,
    exchange_ts as seen_at,
    hashtextextended(
        concat_ws(
            ' ', market_ticker, extract(epoch from exchange_ts), clock, side, trim_scale(price),
            trim_scale(size_delta), occurrence
        ), 0
    ) as key_hash,
    gatherer_id,
    received_at
from stage
where ops.is_sampled(exchange_ts, %(sightings_one_in)s)
on conflict do nothing;
