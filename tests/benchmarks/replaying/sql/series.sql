-- The series of the markets of the day.
-- Needs made_markets and the variable begin_at.
-- Returns: the columns of series
with named as (
    select distinct regexp_replace(market_ticker, '-.*', '') as ticker
    from made_markets
)

select
    ticker, null::timestamptz as updated_time,
    date_trunc('day', getvariable('begin_at')) + to_seconds(30) as fetched_at,
    unhex(sha256(ticker)) as body_sha256, 'Series ' || ticker as title, 'Economics' as category,
    'custom' as frequency, 'quadratic' as fee_type, to_json(struct_pack(
        ticker := ticker, title := 'Series ' || ticker, category := 'Economics', frequency := 'custom',
        fee_type := 'quadratic', fee_multiplier := 1
    ))::varchar as body
from named
