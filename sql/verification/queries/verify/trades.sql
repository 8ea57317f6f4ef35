-- Compare trades with what an exchange published: each trade_id once.
-- Reads: pg_temp.published_trade, market_data.trades
-- Returns: how many were published, are held, lost (published, not held) and invented (held, not published)
with
published as (
    select distinct
        trade_id,
        market_ticker,
        yes_price,
        no_price,
        size,
        taker_side,
        is_block_trade,
        exchange_ts
    from published_trade
    where is_readable
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
