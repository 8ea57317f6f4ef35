-- The trades that packed rows hold, exactly as they were before they were packed, with the day of each. A condition on
-- the day and the market decides which packed rows are read.
-- Reads: market_data.packed_trades
create or replace view market_data.trades_unpacked as
select
    p.day,
    u.exchange_ts,
    u.trade_id,
    p.market_ticker,
    u.yes_price,
    u.no_price,
    u.size,
    u.taker_side,
    u.is_block_trade,
    u.received_at,
    u.gatherer_id,
    u.time_digits
from market_data.packed_trades as p
cross join lateral (
    select
        m.exchange_ts,
        c.trade_id::text as trade_id,
        m.yes_price,
        1 - m.yes_price as no_price,
        c.size * ('{1,0.1,0.01,0.001,0.0001}'::numeric[])[p.size_scale + 1] as size,
        case when p.has_taker_side then case when c.price & 1 = 0 then 'yes' else 'no' end end as taker_side,
        p.is_block_trade,
        m.exchange_ts + c.delay * interval '1 us' as received_at,
        coalesce(c.gatherer_id, p.gatherer_id) as gatherer_id,
        p.time_digits
    from
        unnest(p.trade_ids, p.moments, p.microseconds, p.prices, p.sizes, p.delays, p.gatherer_ids)
            as c (trade_id, moment, microsecond, price, size, delay, gatherer_id)
    cross join
        lateral (
            select
                p.day + (c.moment * 1000::bigint + coalesce(c.microsecond, 0)) * interval '1 us' as exchange_ts,
                (c.price >> 1) * ('{1,0.1,0.01,0.001,0.0001}'::numeric[])[p.price_scale + 1] as yes_price
        ) as m
    union all
    select
        e.exchange_ts,
        e.trade_id,
        e.yes_price,
        e.no_price,
        e.size,
        e.taker_side,
        e.is_block_trade,
        e.received_at,
        e.gatherer_id,
        e.time_digits
    from jsonb_to_recordset(p.exact_rows) as e (
        exchange_ts timestamptz, trade_id text, yes_price numeric, no_price numeric, size numeric, taker_side text,
        is_block_trade boolean, received_at timestamptz, gatherer_id smallint, time_digits smallint
    )
) as u;

comment on view market_data.trades_unpacked is 'The trades that packed rows hold; market_data.trades_of reads it.';
comment on column market_data.trades_unpacked.day is 'The day (UTC) in which the trade lies.';
comment on column market_data.trades_unpacked.exchange_ts is 'As in market_data.trades.';
comment on column market_data.trades_unpacked.trade_id is 'As in market_data.trades.';
comment on column market_data.trades_unpacked.market_ticker is 'As in market_data.trades.';
comment on column market_data.trades_unpacked.yes_price is 'As in market_data.trades.';
comment on column market_data.trades_unpacked.no_price is 'As in market_data.trades.';
comment on column market_data.trades_unpacked.size is 'As in market_data.trades.';
comment on column market_data.trades_unpacked.taker_side is 'As in market_data.trades.';
comment on column market_data.trades_unpacked.is_block_trade is 'As in market_data.trades.';
comment on column market_data.trades_unpacked.received_at is 'As in market_data.trades.';
comment on column market_data.trades_unpacked.gatherer_id is 'As in market_data.trades.';
comment on column market_data.trades_unpacked.time_digits is 'As in market_data.trades.';
