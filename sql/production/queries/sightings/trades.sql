-- Note who received which trades, and when: all of them.
-- Parameters: late_days_max integer; sightings_one_in, not used here
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
where
    ops.refusal(
        exchange_ts, yes_price, yes_price,
        (select lower(ops.accepted(%(late_days_max)s))), (select upper(ops.accepted(%(late_days_max)s)))
    ) is null
on conflict do nothing;
