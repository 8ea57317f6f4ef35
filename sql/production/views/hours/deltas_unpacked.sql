-- The order-book changes that packed rows hold, exactly as they were before they were packed, with the hour of each. A
-- condition on the hour and the market decides which packed rows are read.
-- Reads: market_data.packed_orderbook_deltas
create or replace view market_data.deltas_unpacked as
select
    p.hour,
    u.exchange_ts,
    p.market_ticker,
    u.clock,
    u.side,
    u.price,
    u.size_delta,
    u.occurrence,
    u.received_at,
    u.gatherer_id,
    u.time_digits
from market_data.packed_orderbook_deltas as p
cross join lateral (
    select
        p.hour + (c.moment + 2147483648::bigint) * interval '1 microsecond' as exchange_ts,
        p.lowest_clock + coalesce(sum(c.clock_step) over (order by c.place), 0) as clock,
        case when c.price & 1 = 0 then 'yes' else 'no' end as side,
        (c.price >> 1) * ('{1,0.1,0.01,0.001,0.0001}'::numeric[])[p.price_scale + 1] as price,
        c.size * ('{1,0.1,0.01,0.001,0.0001}'::numeric[])[p.size_scale + 1] as size_delta,
        coalesce(c.occurrence, 0) as occurrence,
        p.hour
        + (
            c.moment + 2147483648::bigint + p.shortest_delay + c.low_delay + 32768
            + coalesce(c.high_delay, 0) * 65536::bigint
        ) * interval '1 microsecond' as received_at,
        coalesce(c.gatherer_id, p.gatherer_id) as gatherer_id,
        p.time_digits
    from
        unnest(
            p.moments, p.clock_steps, p.prices, p.sizes, p.low_delays, p.high_delays, p.occurrences, p.gatherer_ids
        ) with ordinality
            as c (moment, clock_step, price, size, low_delay, high_delay, occurrence, gatherer_id, place)
    union all
    select
        e.exchange_ts, e.clock, e.side, e.price, e.size_delta, e.occurrence, e.received_at, e.gatherer_id, e.time_digits
    from jsonb_to_recordset(p.exact_rows) as e (
        exchange_ts timestamptz, clock bigint, side text, price numeric, size_delta numeric, occurrence integer,
        received_at timestamptz, gatherer_id smallint, time_digits smallint
    )
) as u;

comment on view market_data.deltas_unpacked is
'The changes of packed hours; market_data.orderbook_deltas shows them together with those that are not packed.';
comment on column market_data.deltas_unpacked.hour is 'The hour in which the change lies.';
comment on column market_data.deltas_unpacked.exchange_ts is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.market_ticker is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.clock is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.side is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.price is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.size_delta is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.occurrence is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.received_at is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.gatherer_id is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.time_digits is 'As in market_data.orderbook_deltas.';
