-- Compare trades with what an exchange published: each trade_id once.
-- Reads: pg_temp.journal, market_data.trades
-- Returns: how many were published, are held, lost (published, not held) and invented (held, not published)
with
published as (
    select distinct
        t.msg ->> 'trade_id' as trade_id,
        t.msg ->> 'market_ticker' as market_ticker,
        coalesce((t.msg ->> 'yes_price_dollars')::numeric, (t.msg ->> 'yes_price')::numeric / 100) as yes_price,
        coalesce((t.msg ->> 'no_price_dollars')::numeric, (t.msg ->> 'no_price')::numeric / 100) as no_price,
        coalesce(t.msg ->> 'count_fp', t.msg ->> 'count')::numeric as size,
        coalesce(
            t.msg ->> 'taker_outcome_side',
            case t.msg ->> 'taker_book_side' when 'bid' then 'yes' when 'ask' then 'no' end,
            t.msg ->> 'taker_side'
        ) as taker_side,
        (t.msg ->> 'is_block_trade')::boolean as is_block_trade,
        timestamptz 'epoch'
        + coalesce((t.msg ->> 'ts_ms')::bigint, (t.msg ->> 'ts')::bigint * 1000) * interval '1 ms' as exchange_ts
    from (
        select line #> '{frame, msg}' as msg
        from journal
        where line #>> '{frame, type}' = 'trade'
    ) as t
),

held as (
    select
        trade_id,
        market_ticker,
        yes_price,
        no_price,
        size,
        taker_side,
        is_block_trade,
        exchange_ts
    from market_data.trades
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
