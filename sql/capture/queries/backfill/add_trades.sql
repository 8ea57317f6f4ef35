-- Store trades that REST returned, except those captured already within 5 s of their time; safe to repeat.
-- Parameters: one array per column, all of one length: received_at, exchange_ts, trade_id, market_ticker, yes_price,
-- no_price, size, taker_side, is_block_trade, time_digits
-- Reads: capture.trades
-- Writes: capture.trades, with null in the columns that describe a frame
-- Returns: nothing; the row count is the number of trades added
insert into capture.trades (
    received_at,
    exchange_ts,
    trade_id,
    market_ticker,
    yes_price,
    no_price,
    size,
    taker_side,
    is_block_trade,
    time_digits
)
select distinct on (f.trade_id)
    f.received_at,
    f.exchange_ts,
    f.trade_id,
    f.market_ticker,
    f.yes_price,
    f.no_price,
    f.size,
    f.taker_side,
    f.is_block_trade,
    f.time_digits
from
    unnest(
        %(received_at)s::timestamptz[],
        %(exchange_ts)s::timestamptz[],
        %(trade_id)s::text[],
        %(market_ticker)s::text[],
        %(yes_price)s::numeric[],
        %(no_price)s::numeric[],
        %(size)s::numeric[],
        %(taker_side)s::text[],
        %(is_block_trade)s::boolean[],
        %(time_digits)s::smallint[]
    ) as f (
        received_at, exchange_ts, trade_id, market_ticker, yes_price, no_price, size, taker_side, is_block_trade,
        time_digits
    )
where
    not exists (
        select from capture.trades as k
        where
            k.market_ticker = f.market_ticker
            and k.exchange_ts between f.exchange_ts - interval '5 seconds' and f.exchange_ts + interval '5 seconds'
            and k.trade_id = f.trade_id
    )
order by f.trade_id asc;
