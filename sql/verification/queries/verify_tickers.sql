-- Compare market summaries with what an exchange published: each set of values once.
-- Reads: pg_temp.journal, market_data.tickers
-- Returns: how many were published, are held, lost (published, not held) and invented (held, not published)
with
published as (
    select distinct
        t.msg ->> 'market_ticker' as market_ticker,
        t.msg ->> 'market_id' as market_id,
        timestamptz 'epoch'
        + coalesce((t.msg ->> 'ts_ms')::bigint, (t.msg ->> 'ts')::bigint * 1000) * interval '1 ms' as exchange_ts,
        coalesce((t.msg ->> 'price_dollars')::numeric, (t.msg ->> 'price')::numeric / 100) as last_price,
        coalesce((t.msg ->> 'yes_bid_dollars')::numeric, (t.msg ->> 'yes_bid')::numeric / 100) as yes_bid,
        coalesce((t.msg ->> 'yes_ask_dollars')::numeric, (t.msg ->> 'yes_ask')::numeric / 100) as yes_ask,
        (t.msg ->> 'yes_bid_size_fp')::numeric as yes_bid_size,
        (t.msg ->> 'yes_ask_size_fp')::numeric as yes_ask_size,
        (t.msg ->> 'last_trade_size_fp')::numeric as last_trade_size,
        coalesce(t.msg ->> 'volume_fp', t.msg ->> 'volume')::numeric as volume,
        coalesce(t.msg ->> 'open_interest_fp', t.msg ->> 'open_interest')::numeric as open_interest,
        (t.msg ->> 'dollar_volume')::bigint as dollar_volume,
        (t.msg ->> 'dollar_open_interest')::bigint as dollar_open_interest
    from (select line #> '{frame, msg}' as msg, line #>> '{frame, type}' as type from journal) as t
    where t.type = 'ticker'
),

held as (
    select
        market_ticker,
        market_id,
        exchange_ts,
        last_price,
        yes_bid,
        yes_ask,
        yes_bid_size,
        yes_ask_size,
        last_trade_size,
        volume,
        open_interest,
        dollar_volume,
        dollar_open_interest
    from market_data.tickers
),

lost as (
    select * from published
    except all
    select * from held
),

invented as (
    select * from held
    except all
    select * from published
)

select
    (select count(*) from published) as published,
    (select count(*) from held) as held,
    (select count(*) from lost) as lost,
    (select count(*) from invented) as invented;
