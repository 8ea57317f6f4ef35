-- Merge staged trades: one per trade_id, also where REST and WebSocket tell its time up to 5 s apart.
-- Parameters: late_days_max integer
-- Reads: pg_temp.stage
-- Writes: market_data.trades, ops.rejected_rows
-- Returns: per gatherer how many rows were new and rejected, by the hours they fall into
with judged as not materialized (
    select
        s.*,
        ops.refusal(
            s.exchange_ts, least(s.yes_price, s.no_price), greatest(s.yes_price, s.no_price),
            (select lower(ops.accepted(%(late_days_max)s))), (select upper(ops.accepted(%(late_days_max)s)))
        ) as reason
    from stage as s
),

refused as (
    insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
    select 'trades' as stream, gatherer_id, ingest_xid, reason, to_jsonb(judged) - 'reason' as body
    from judged
    where reason is not null
    returning gatherer_id, reason
),

candidate as (
    select *, exchange_ts - lag(exchange_ts) over (partition by trade_id order by exchange_ts, received_at) as since
    from judged
    where reason is null
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

select gatherer_id, touched_hour, count(*) filter (where reason is null) as new_rows, count(reason) as rejected_rows
from (
    select gatherer_id, touched_hour, null as reason from inserted
    union all
    select gatherer_id, null as touched_hour, reason from refused
) as r
group by gatherer_id, touched_hour;
