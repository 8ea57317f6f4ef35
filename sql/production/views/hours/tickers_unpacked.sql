-- The market summaries that packed rows hold, exactly as they were before they were packed, with the hour of each. A
-- condition on the hour and the market decides which packed rows are read.
-- Reads: market_data.packed_tickers
create or replace view market_data.tickers_unpacked as
select
    p.hour,
    u.exchange_ts,
    p.market_ticker,
    coalesce(
        u.values_sha256,
        ops.ticker_digest(
            u.time_digits, u.market_id, u.last_price, u.yes_bid, u.yes_ask, u.yes_bid_size, u.yes_ask_size,
            u.last_trade_size, u.volume, u.open_interest, u.dollar_volume, u.dollar_open_interest
        )
    ) as values_sha256,
    u.market_id,
    u.last_price,
    u.yes_bid,
    u.yes_ask,
    u.yes_bid_size,
    u.yes_ask_size,
    u.last_trade_size,
    u.volume,
    u.open_interest,
    u.dollar_volume,
    u.dollar_open_interest,
    u.received_at,
    u.gatherer_id,
    u.time_digits
from market_data.packed_tickers as p
cross join lateral (
    select
        null::bytea as values_sha256,
        m.exchange_ts,
        p.market_id,
        (p.lowest[1] + coalesce(c.last_price, 0)) * f.units[p.scales[1] + 1] as last_price,
        (p.lowest[2] + coalesce(c.yes_bid, 0)) * f.units[p.scales[2] + 1] as yes_bid,
        (p.lowest[3] + coalesce(c.yes_ask, 0)) * f.units[p.scales[3] + 1] as yes_ask,
        (p.lowest[4] + coalesce(c.yes_bid_size, 0)) * f.units[p.scales[4] + 1] as yes_bid_size,
        (p.lowest[5] + coalesce(c.yes_ask_size, 0)) * f.units[p.scales[5] + 1] as yes_ask_size,
        (p.lowest[6] + coalesce(c.last_trade_size, 0)) * f.units[p.scales[6] + 1] as last_trade_size,
        (p.lowest[7] + coalesce(sum(c.volume_step) over before, 0)) * f.units[p.scales[7] + 1] as volume,
        (p.lowest[8] + coalesce(sum(c.interest_step) over before, 0)) * f.units[p.scales[8] + 1] as open_interest,
        p.lowest[9] + coalesce(sum(c.dollar_volume_step) over before, 0) as dollar_volume,
        p.lowest[10] + coalesce(sum(c.dollar_interest_step) over before, 0) as dollar_open_interest,
        m.exchange_ts
        + (p.shortest_delay + c.low_delay + 32768 + coalesce(c.high_delay, 0) * 65536::bigint) * interval '1 us'
            as received_at,
        coalesce(c.gatherer_id, p.gatherer_id) as gatherer_id,
        p.time_digits
    from
        unnest(
            p.low_moments, p.high_moments, p.low_delays, p.high_delays, p.last_prices, p.yes_bids, p.yes_asks,
            p.yes_bid_sizes, p.yes_ask_sizes, p.last_trade_sizes, p.volume_steps, p.open_interest_steps,
            p.dollar_volume_steps, p.dollar_open_interest_steps, p.gatherer_ids
        ) with ordinality
            as c (
                low_moment, high_moment, low_delay, high_delay, last_price, yes_bid, yes_ask, yes_bid_size,
                yes_ask_size, last_trade_size, volume_step, interest_step, dollar_volume_step, dollar_interest_step,
                gatherer_id, place
            )
    cross join (values ('{1,0.1,0.01,0.001,0.0001}'::numeric[])) as f (units)
    cross join
        lateral (
            select
                p.hour
                + (c.low_moment + 32768 + (c.high_moment + 32768) * 65536::bigint)
                * case p.moment_digits when 3 then interval '1 ms' else interval '1 us' end as exchange_ts
        ) as m
    window before as (order by c.place)
    union all
    select
        e.values_sha256, e.exchange_ts, e.market_id, e.last_price, e.yes_bid, e.yes_ask, e.yes_bid_size, e.yes_ask_size,
        e.last_trade_size, e.volume, e.open_interest, e.dollar_volume, e.dollar_open_interest, e.received_at,
        e.gatherer_id, e.time_digits
    from jsonb_to_recordset(p.exact_rows) as e (
        values_sha256 bytea, exchange_ts timestamptz, market_id text, last_price numeric, yes_bid numeric,
        yes_ask numeric, yes_bid_size numeric, yes_ask_size numeric, last_trade_size numeric, volume numeric,
        open_interest numeric, dollar_volume bigint, dollar_open_interest bigint, received_at timestamptz,
        gatherer_id smallint, time_digits smallint
    )
) as u;

comment on view market_data.tickers_unpacked is
'The market summaries of packed hours; market_data.tickers shows them together with those that are not packed.';
comment on column market_data.tickers_unpacked.hour is 'The hour in which the summary lies.';
comment on column market_data.tickers_unpacked.exchange_ts is 'As in market_data.tickers.';
comment on column market_data.tickers_unpacked.market_ticker is 'As in market_data.tickers.';
comment on column market_data.tickers_unpacked.values_sha256 is 'As in market_data.tickers.';
comment on column market_data.tickers_unpacked.market_id is 'As in market_data.tickers.';
comment on column market_data.tickers_unpacked.last_price is 'As in market_data.tickers.';
comment on column market_data.tickers_unpacked.yes_bid is 'As in market_data.tickers.';
comment on column market_data.tickers_unpacked.yes_ask is 'As in market_data.tickers.';
comment on column market_data.tickers_unpacked.yes_bid_size is 'As in market_data.tickers.';
comment on column market_data.tickers_unpacked.yes_ask_size is 'As in market_data.tickers.';
comment on column market_data.tickers_unpacked.last_trade_size is 'As in market_data.tickers.';
comment on column market_data.tickers_unpacked.volume is 'As in market_data.tickers.';
comment on column market_data.tickers_unpacked.open_interest is 'As in market_data.tickers.';
comment on column market_data.tickers_unpacked.dollar_volume is 'As in market_data.tickers.';
comment on column market_data.tickers_unpacked.dollar_open_interest is 'As in market_data.tickers.';
comment on column market_data.tickers_unpacked.received_at is 'As in market_data.tickers.';
comment on column market_data.tickers_unpacked.gatherer_id is 'As in market_data.tickers.';
comment on column market_data.tickers_unpacked.time_digits is 'As in market_data.tickers.';
