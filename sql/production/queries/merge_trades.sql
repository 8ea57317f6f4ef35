-- Merge staged trades: one per trade_id, also where REST and WebSocket tell its time a little differently.
-- Parameters: late_days_max integer
-- Reads: pg_temp.stage_trades
-- Writes: market_data.trades, ops.rejected_rows
-- Returns: per gatherer its watermark xid8 and how many rows were polled, new and rejected
with
judged as materialized (
    select
        s.*, ops.refusal(
            s.exchange_ts, least(s.yes_price, s.no_price), greatest(s.yes_price, s.no_price), %(late_days_max)s
        ) as reason
    from stage_trades as s
),

refused as (
    insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
    select 'trades' as stream, gatherer_id, ingest_xid, reason, to_jsonb(judged) - 'reason' as body
    from judged
    where reason is not null
    returning gatherer_id
),

candidate as (
    select distinct on (trade_id) *
    from judged
    where reason is null
    order by trade_id, received_at
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
        not exists (
            select from market_data.trades as known
            where
                known.market_ticker = c.market_ticker
                and known.exchange_ts between c.exchange_ts - interval '5 s' and c.exchange_ts + interval '5 s'
                and known.trade_id = c.trade_id
        )
    order by c.exchange_ts, c.trade_id
    on conflict do nothing
    returning gatherer_id
)

select
    j.gatherer_id,
    max(j.ingest_xid)::text as watermark,
    count(*) as polled_rows,
    (select count(*) from inserted as i where i.gatherer_id = j.gatherer_id) as new_rows,
    (select count(*) from refused as r where r.gatherer_id = j.gatherer_id) as rejected_rows
from judged as j
group by j.gatherer_id;
