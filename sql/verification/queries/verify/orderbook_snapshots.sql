-- Compare order-book snapshots with what an exchange published: each state once if it has a clock, otherwise each
-- message.
-- Reads: pg_temp.published_snapshot, market_data.orderbook_snapshots
-- Returns: how many were published, are held, lost (published, not held) and invented (held, not published)
with
published as (
    select distinct on (market_ticker, market_id, clock, yes_prices, yes_sizes, no_prices, no_sizes)
        market_ticker, market_id, clock, yes_prices, yes_sizes, no_prices, no_sizes
    from published_snapshot
    where is_readable and clock is not null
    union all
    select market_ticker, market_id, 0 as clock, yes_prices, yes_sizes, no_prices, no_sizes
    from published_snapshot
    where is_readable and clock is null
),

held as (
    select
        market_ticker,
        market_id,
        clock,
        yes_prices,
        yes_sizes,
        no_prices,
        no_sizes
    from market_data.orderbook_snapshots
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
