-- Find the held row of each staged trade.
-- Reads: pg_temp.stage, market_data.hot_trades
-- Returns: what ops.staged_trades returns, with the time of the held row, null if there is none; the side and the kind
-- that either knows; and whether the staged time is finer, or as fine and earlier
create or replace function ops.matched_trades() returns table (
    exchange_ts timestamptz, trade_id text, market_ticker text, yes_price numeric, no_price numeric, size numeric,
    taker_side text, is_block_trade boolean, received_at timestamptz, gatherer_id smallint, time_digits smallint,
    known_ts timestamptz, side text, is_block boolean, is_finer boolean
)
language sql
as $$
    select
        c.*, k.exchange_ts, least(c.taker_side, k.taker_side), greatest(c.is_block_trade, k.is_block_trade),
        (coalesce(c.time_digits, -1), k.exchange_ts) > (coalesce(k.time_digits, -1), c.exchange_ts)
    from ops.staged_trades() as c
    -- The offset forces one index probe per staged trade, however many trades a partition holds.
    left join lateral (
        select t.exchange_ts, t.taker_side, t.is_block_trade, t.time_digits
        from market_data.hot_trades as t
        where
            t.market_ticker = c.market_ticker and t.trade_id = c.trade_id
            and t.exchange_ts between c.exchange_ts - interval '5 s' and c.exchange_ts + interval '5 s'
        offset 0
    ) as k on true;
$$;

comment on function ops.matched_trades is 'Staged trades, each with the held row of it.';
