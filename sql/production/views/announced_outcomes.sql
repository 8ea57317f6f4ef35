-- What was said of the outcomes of markets, and when: by messages that a market was determined or settled, and by
-- states of markets that have a result. A value that the archive cannot hold is null.
-- Reads: market_data.lifecycle_events, market_data.markets_history
create or replace view ops.announced_outcomes as
select
    s.market_ticker,
    s.seen_at,
    s.result,
    case when ops.is_amount(s.yes_value, 12, 6) then s.yes_value end as yes_value,
    s.determined_at,
    s.settled_at,
    s.source
from (
    select
        e.subject_ticker as market_ticker,
        e.seen_at,
        nullif(e.payload ->> 'result', '') as result,
        ops.try_numeric(e.payload ->> 'settlement_value') as yes_value,
        ops.try_seconds(e.payload ->> 'determination_ts') as determined_at,
        null as settled_at,
        'lifecycle_events' as source
    from market_data.lifecycle_events as e
    where e.kind = 'determined'
    union all
    select
        e.subject_ticker as market_ticker,
        e.seen_at,
        null as result,
        null as yes_value,
        null as determined_at,
        ops.try_seconds(e.payload ->> 'settled_ts') as settled_at,
        'lifecycle_events' as source
    from market_data.lifecycle_events as e
    where e.kind = 'settled'
    union all
    select
        h.ticker as market_ticker,
        h.fetched_at as seen_at,
        h.body ->> 'result' as result,
        ops.try_numeric(h.body ->> 'settlement_value_dollars') as yes_value,
        null as determined_at,
        ops.known_time(ops.try_timestamptz(h.body ->> 'settlement_ts')) as settled_at,
        'markets_history' as source
    from market_data.markets_history as h
    where h.body ->> 'result' <> ''
) as s;

comment on view ops.announced_outcomes is 'What was said of the outcomes of markets, and when; restrict it to markets.';
