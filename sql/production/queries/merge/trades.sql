-- Merge staged trades: one per trade_id, even if REST and WebSocket report its time up to 5 s apart.
-- Reads: pg_temp.stage
-- Writes: market_data.trades
-- Returns: per gatherer how many rows were new, by the hours they fall into
with
candidate as (
    select *, exchange_ts - lag(exchange_ts) over (partition by trade_id order by exchange_ts, received_at) as since
    from stage
),

inserted as (
    insert into market_data.trades (
        exchange_ts, trade_id, market_ticker, yes_price, no_price, size, taker_side, is_block_trade,
        received_at, gatherer_id
    )
    select
        c.exchange_ts, c.trade_id, c.market_ticker, c.yes_price, c.no_price, c.size, c.taker_side,
        c.is_block_trade, c.received_at, c.gatherer_id
    from candidate as c
    where
        coalesce(c.since > interval '5 s', true)
        and not exists (
            select from market_data.trades as known
            where
                known.market_ticker = c.market_ticker
                and known.exchange_ts between c.exchange_ts - interval '5 s' and c.exchange_ts + interval '5 s'
                and known.trade_id = c.trade_id
        )
    order by c.exchange_ts, c.trade_id
    on conflict do nothing
    returning date_bin('1 hour', exchange_ts, '2000-01-01 00:00:00+00') as touched_hour, gatherer_id
)

select gatherer_id, touched_hour, count(*) as new_rows
from inserted
group by gatherer_id, touched_hour;
