-- Compare order-book snapshots with what an exchange published: each state once if it has a clock, otherwise each
-- message.
-- Reads: pg_temp.journal, market_data.orderbook_snapshots
-- Returns: how many were published, are held, lost (published, not held) and invented (held, not published)
with
message as (
    select
        line #>> '{frame, msg, market_ticker}' as market_ticker,
        coalesce(line #>> '{frame, msg, market_id}', '') as market_id,
        coalesce((line #>> '{frame, msg, clock}')::bigint, 0) as clock,
        line #> '{frame, msg}' ? 'clock' as has_clock,
        ops.published_levels(line #> '{frame, msg}', 'yes', 0) as yes_prices,
        ops.published_levels(line #> '{frame, msg}', 'yes', 1) as yes_sizes,
        ops.published_levels(line #> '{frame, msg}', 'no', 0) as no_prices,
        ops.published_levels(line #> '{frame, msg}', 'no', 1) as no_sizes
    from journal
    where line #>> '{frame, type}' = 'orderbook_snapshot'
),

published as (
    select distinct on (market_ticker, market_id, clock, yes_prices, yes_sizes, no_prices, no_sizes)
        market_ticker, market_id, clock, yes_prices, yes_sizes, no_prices, no_sizes
    from message where has_clock
    union all
    select market_ticker, market_id, clock, yes_prices, yes_sizes, no_prices, no_sizes
    from message where not has_clock
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
