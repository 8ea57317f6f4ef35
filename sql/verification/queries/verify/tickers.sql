-- Compare market summaries with what an exchange published: each set of values once.
-- Reads: pg_temp.published_ticker, market_data.tickers
-- Returns: how many were published, are held, lost (published, not held) and invented (held, not published)
with
published as (
    select distinct
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
    from published_ticker
    where is_readable
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
