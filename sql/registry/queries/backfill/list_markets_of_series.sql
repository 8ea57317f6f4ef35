-- List the markets of some series that could have traded within a range of time.
-- Parameters: series text[], range_from timestamptz, range_to timestamptz
-- Reads: registry.markets, registry.events
-- Returns: ticker, in order
with wanted as (
    select
        %(series)s::text[] as series,
        %(range_from)s::timestamptz as range_from,
        %(range_to)s::timestamptz as range_to
)

select m.ticker
from wanted as w
inner join registry.events as e on e.body ->> 'series_ticker' = any(w.series)
inner join registry.markets as m on m.body ->> 'event_ticker' = e.ticker
where
    coalesce(registry.sent_time(m.body ->> 'open_time') < w.range_to, true)
    and coalesce(registry.sent_time(m.body ->> 'close_time') >= w.range_from, true)
order by m.ticker;
