-- The list of the day: each market of the hour, and as many that were settled, which have other names.
-- Needs made_markets and the variable begin_at.
-- Returns: the columns of markets
with states as (
    select
        m.number, s.status, s.status = 'finalized' as is_over,
        if(s.status = 'finalized', replace(m.market_ticker, '-26NOV', '-26OCT'), m.market_ticker) as ticker,
        getvariable('begin_at') - to_hours(if(s.status = 'finalized', 300, 30)) as opened_at,
        getvariable('begin_at') + to_hours(if(s.status = 'finalized', -200, 200)) as closes_at
    from made_markets as m
    cross join (values ('active'), ('finalized')) as s (status)
),

listed as (
    select
        *, regexp_replace(ticker, '-[^-]*$', '') as event_ticker, opened_at + to_minutes(number % 60) as updated_time,
        if(is_over, 'yes', '') as result, 'Will the number of ' || ticker || ' be above ' || number || '?' as title
    from states
)

select
    l.ticker, l.updated_time, date_trunc('day', getvariable('begin_at')) + to_seconds(120) as fetched_at,
    unhex(sha256(l.ticker)) as body_sha256, l.event_ticker, 'binary' as market_type, l.title, 'Yes' as yes_sub_title,
    'No' as no_sub_title, l.status, nullif(l.result, '') as result, l.opened_at as open_time,
    l.closes_at as close_time, if(l.is_over, l.closes_at, null) as settlement_ts, to_json(struct_pack(
        ticker := l.ticker, event_ticker := l.event_ticker, market_type := 'binary', title := l.title,
        yes_sub_title := 'Yes', no_sub_title := 'No', status := l.status, result := l.result,
        created_time := strftime(l.opened_at, '%Y-%m-%dT%H:%M:%SZ'),
        open_time := strftime(l.opened_at, '%Y-%m-%dT%H:%M:%SZ'),
        updated_time := strftime(l.updated_time, '%Y-%m-%dT%H:%M:%S.%fZ'),
        close_time := strftime(l.closes_at, '%Y-%m-%dT%H:%M:%SZ'), last_price_dollars := '0.4100',
        yes_bid_dollars := '0.4000', yes_ask_dollars := '0.4200', volume_fp := '120.00', open_interest_fp := '40.00',
        rules_primary := repeat('If the number that its source publishes first is above it, the market is Yes. ', 8),
        rules_secondary := repeat('A number that is published later or corrected does not count. ', 8)
    ))::varchar as body
from listed as l
