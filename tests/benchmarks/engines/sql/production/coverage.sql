-- The states of minutes as production holds them: a row per market, with the minutes in each state.
-- Needs the file of the made-up coverage.
-- Returns: columns of ops.classified_minutes
with runs as (
    select *, format('[{},{})', from_at, to_at) as run
    from read_parquet('coverage.parquet')
)

select
    stream, market_ticker, min(from_at)::date as day,
    '{' || coalesce(string_agg(run, ',') filter (where state = 'proven'), '') || '}' as proven,
    '{' || coalesce(string_agg(run, ',') filter (where state = 'covered'), '') || '}' as covered,
    '{' || coalesce(string_agg(run, ',') filter (where state = 'gap'), '') || '}' as gap
from runs
group by stream, market_ticker
