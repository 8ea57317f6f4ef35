-- Compare order-book deltas with what an exchange published: equal changes as often as they were sent.
-- Reads: pg_temp.published_delta, market_data.orderbook_deltas
-- Returns: how many were published, are held, lost (published, not held) and invented (held, not published)
with
published as (
    select
        market_ticker,
        exchange_ts,
        clock,
        side,
        price,
        size_delta
    from published_delta
    where is_readable
),

held as (
    select
        market_ticker,
        case when time_digits is not null then exchange_ts end as exchange_ts,
        clock,
        side,
        price,
        size_delta
    from market_data.orderbook_deltas
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
