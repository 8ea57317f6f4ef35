-- Record which gatherer received which order-book change, and when, for a sample of the changes. A line may miss their
-- clock or microseconds for a while, so equal changes of one millisecond count as one, and those of which the
-- millisecond is not known do not count.
-- Parameters: sightings_one_in integer, the sample's size: one change of this many
-- Reads: pg_temp.stage
-- Writes: ops.sightings
-- Returns: nothing
insert into ops.sightings (stream, seen_at, key_hash, gatherer_id, received_at)
select
    'orderbook_deltas' as stream,
    seen_at,
    hashtextextended(
        concat_ws(' ', market_ticker, extract(epoch from seen_at), side, trim_scale(price), trim_scale(size_delta)), 0
    ) as key_hash,
    gatherer_id,
    received_at
from (
    select
        *,
        date_bin('1 ms', exchange_ts, '2000-01-01 00:00:00+00') as seen_at
    from stage
    where time_digits >= 3
) as dated
where ops.is_sampled(seen_at, %(sightings_one_in)s)
on conflict do nothing;
