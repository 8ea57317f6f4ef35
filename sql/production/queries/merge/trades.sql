-- Merge staged trades: one per trade_id, even if REST and WebSocket report its time up to 5 s apart. It has the finest
-- of the times, and of equally fine ones the earliest. What one copy lacks is taken from another one.
-- Reads: pg_temp.stage
-- Writes: market_data.hot_trades
-- Returns: per gatherer how many rows were new, by the hours they fall into, also by those in which trades only changed
with
met as materialized (
    select * from ops.matched_trades()
),

filled as (
    update market_data.hot_trades as k set taker_side = m.side, is_block_trade = m.is_block
    from met as m
    where
        (k.exchange_ts, k.trade_id) = (m.known_ts, m.trade_id) and not m.is_finer
        and (k.taker_side, k.is_block_trade) is distinct from (m.side, m.is_block)
    returning k.gatherer_id, k.exchange_ts
),

moved as materialized (
    select
        known_ts, exchange_ts,
        ops.move_trade(known_ts, trade_id, exchange_ts, time_digits, side, is_block) as gatherer_id
    from met
    where is_finer
),

inserted as (
    insert into market_data.hot_trades (
        exchange_ts, trade_id, market_ticker, yes_price, no_price, size, taker_side, is_block_trade,
        received_at, gatherer_id, time_digits
    )
    select
        exchange_ts, trade_id, market_ticker, yes_price, no_price, size, side, is_block, received_at, gatherer_id,
        time_digits
    from met
    where known_ts is null
    order by exchange_ts, trade_id
    on conflict do nothing
    returning gatherer_id, exchange_ts, 1 as is_new
)

select gatherer_id, date_bin('1 hour', exchange_ts, '2000-01-01 00:00:00+00') as touched_hour, sum(is_new) as new_rows
from (
    select * from inserted
    union all
    select gatherer_id, exchange_ts, 0 as is_new from filled
    union all
    select gatherer_id, unnest(array[known_ts, exchange_ts]) as exchange_ts, 0 as is_new from moved
) as touched
where gatherer_id is not null
group by gatherer_id, touched_hour;
