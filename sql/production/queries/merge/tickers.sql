-- Merge staged market summaries: one of each set of values per market and time.
-- Parameters: late_days_max integer
-- Reads: pg_temp.stage
-- Writes: market_data.tickers, ops.rejected_rows
-- Returns: per gatherer how many rows were new and rejected, by the hours they fall into
with judged as not materialized (
    select
        s.*,
        ops.refusal(
            s.exchange_ts, least(s.last_price, s.yes_bid, s.yes_ask), greatest(s.last_price, s.yes_bid, s.yes_ask),
            (select lower(ops.accepted(%(late_days_max)s))), (select upper(ops.accepted(%(late_days_max)s)))
        ) as reason
    from stage as s
),

refused as (
    insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
    select 'tickers' as stream, gatherer_id, ingest_xid, reason, to_jsonb(judged) - 'reason' as body
    from judged
    where reason is not null
    returning gatherer_id, reason
),

inserted as (
    insert into market_data.tickers (
        exchange_ts, market_ticker, values_sha256, market_id, last_price, yes_bid, yes_ask, yes_bid_size,
        yes_ask_size, last_trade_size, volume, open_interest, dollar_volume, dollar_open_interest,
        received_at, gatherer_id
    )
    select distinct on (exchange_ts, market_ticker, values_sha256)
        exchange_ts, market_ticker, values_sha256, market_id, last_price, yes_bid, yes_ask, yes_bid_size,
        yes_ask_size, last_trade_size, volume, open_interest, dollar_volume, dollar_open_interest,
        received_at, gatherer_id
    from judged
    where reason is null
    order by exchange_ts, market_ticker, values_sha256, received_at
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
