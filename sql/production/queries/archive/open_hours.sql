-- Create the records of hours that are over, so that an hour without rows never looks like a missing one. One call does
-- the newest ones, so that a long past never keeps the present waiting.
-- Parameters: streams, whole_streams, gatherers, settle_seconds, deadline_seconds as in ops.ready_until; hours_max
-- integer, how many records one call creates
-- Reads: ops.lags, ops.connections, the partitions of the streams
-- Writes: ops.archive_partitions
-- Returns: nothing
with ready as (
    select *
    from ops.ready_until(
        %(streams)s::text[], '{}', %(gatherers)s::integer[], %(settle_seconds)s::float8, %(deadline_seconds)s::float8
    )
),

over as (
    select
        r.stream,
        h.hour
    from ready as r
    cross join lateral ops.hours_to_archive(r.stream, r.until_at + interval '1 h' - r.length) as h
    union all
    select
        w.name as stream,
        date_trunc('day', now(), 'UTC') as hour
    from unnest(%(whole_streams)s::text[]) as w (name)
    union all
    -- A stream has a file from its first hour on, so that a reader of all streams finds each of them.
    select
        s.name as stream,
        date_trunc('hour', min(c.opened_at), 'UTC') as hour
    from unnest(%(streams)s::text[]) as s (name)
    cross join ops.connections as c
    where
        c.opened_at <@ (select ops.believed_times())
        and not exists (
            select from ops.archive_partitions as p
            where p.stream = s.name
        )
    group by s.name
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
