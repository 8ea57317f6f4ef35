-- Store trades that REST returned, except those captured already within 5 s of their time with all that REST knows of
-- them; safe to repeat. A copy that knows more, such as a finer time or the taker, is stored beside the one from the
-- feed, and the merge joins them. The feed gives milliseconds at best, so more digits count as no more.
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
            and coalesce(k.time_digits, -1) >= case when f.time_digits > 3 then 3 else coalesce(f.time_digits, -1) end
            and (k.taker_side is not null or f.taker_side is null)
            and (k.is_block_trade is not null or f.is_block_trade is null)
    )
order by f.trade_id asc;
