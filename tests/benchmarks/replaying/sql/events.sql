-- The events of the markets of the day.
-- Needs made_markets and the variable begin_at.
-- Returns: the columns of events
with named as (
    select distinct replace(regexp_replace(m.market_ticker, '-[^-]*$', ''), '-26NOV', s.month) as ticker
    from made_markets as m
    cross join (values ('-26NOV'), ('-26OCT')) as s (month)
)

select
    ticker, getvariable('begin_at') - to_hours(30) as updated_time,
    date_trunc('day', getvariable('begin_at')) + to_seconds(60) as fetched_at, unhex(sha256(ticker)) as body_sha256,
    regexp_replace(ticker, '-.*', '') as series_ticker, 'Event of ' || ticker as title, '' as sub_title,
    false as mutually_exclusive, getvariable('begin_at') + to_hours(200) as strike_date, null::varchar as strike_period,
    to_json(struct_pack(
        event_ticker := ticker, series_ticker := regexp_replace(ticker, '-.*', ''), title := 'Event of ' || ticker,
        sub_title := '', mutually_exclusive := false,
        strike_date := strftime(getvariable('begin_at') + to_hours(200), '%Y-%m-%dT%H:%M:%SZ')
    ))::varchar as body
from named
