-- Create the records of hours that are over, so that an hour without rows never looks like a missing one. One call does
-- the newest ones, so that a long past never keeps the present waiting. A table that is written whole gets none until
-- some of its rows have settled: on the platform's first day, the gatherers are still loading it.
-- Parameters: streams, whole_streams, gatherers, settle_seconds, deadline_seconds as in ops.ready_until; hours_max
-- integer, how many records one call creates
-- Reads: ops.lags, ops.connections, the partitions of the streams, market_data.series, market_data.events,
-- market_data.markets
-- Writes: ops.archive_partitions
-- Returns: nothing
with ready as (
    select *
    from ops.ready_until(
        %(streams)s::text[], '{}', %(gatherers)s::integer[], %(settle_seconds)s::float8, %(deadline_seconds)s::float8
    )
),

settled as (
    select
        now() - make_interval(secs => %(settle_seconds)s::float8) as settled_at
),

loaded as (
    select 'series' as stream from settled as s
    where exists (select from market_data.series as t where t.fetched_at <= s.settled_at)
    union all
    select 'events' as stream from settled as s
    where exists (select from market_data.events as t where t.fetched_at <= s.settled_at)
    union all
    select 'markets' as stream from settled as s
    where exists (select from market_data.markets as t where t.fetched_at <= s.settled_at)
),

over as (
    select
        r.stream,
        h.hour
    from ready as r
    cross join lateral ops.hours_to_archive(r.stream, r.until_at) as h
    union all
    select
        w.name as stream,
        date_trunc('day', now(), 'UTC') as hour
    from unnest(%(whole_streams)s::text[]) as w (name)
    inner join loaded as l on w.name = l.stream
)

insert into ops.archive_partitions (stream, hour, touched_at)
select
    o.stream,
    o.hour,
    o.hour as touched_at
from over as o
where
    not exists (
        select from ops.archive_partitions as p
        where p.stream = o.stream and p.hour = o.hour
    )
order by o.hour desc, o.stream asc
limit %(hours_max)s
on conflict do nothing;
