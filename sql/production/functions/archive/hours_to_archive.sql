-- List the hours that need a record in the archive, with or without rows: all since a gatherer's first connection, also
-- later ones of every partition that production holds. Merging a row creates the record of its hour, so an earlier hour
-- without a record holds no row, and no gatherer could have received any: a recording of last year that is played now
-- needs no file for each hour since. If no connection is known, they begin with the first hour that has a record.
-- Parameters: wanted_stream; until_at, when the last of them may end
-- Reads: ops.connections, ops.archive_partitions, the partitions of the stream's table
-- Returns: the beginnings of the hours
create or replace function ops.hours_to_archive(wanted_stream text, until_at timestamptz)
returns table (hour timestamptz)
language sql
stable
set timezone = 'UTC'
as $$
    with recorded as (
        select min(a.hour) as first_hour
        from ops.archive_partitions as a
        where a.stream = wanted_stream
    ),

    connected as (
        select min(c.opened_at) as opened_at
        from ops.connections as c
        where c.opened_at <@ (select ops.believed_times())
    ),

    spans as (
        select greatest(lower(p.during), coalesce(c.opened_at, r.first_hour)) as from_at, upper(p.during) as ended_at
        from timeseries.series as t
        cross join lateral timeseries.list_partitions(t.target) as p
        cross join recorded as r
        cross join connected as c
        where t.target = ops.merged_table(wanted_stream) and lower(p.during) < until_at and upper(p.during) > coalesce(c.opened_at, r.first_hour)
        union all
        select c.opened_at as from_at, until_at as ended_at
        from connected as c
        where c.opened_at < until_at
    )

    select distinct h.hour
    from spans as s
    cross join lateral generate_series(
        date_trunc('hour', s.from_at), least(s.ended_at, until_at) - interval '1 h', interval '1 h'
    ) as h (hour);
$$;

comment on function ops.hours_to_archive is 'The hours of a stream that need a record in the archive.';
