-- List the hours that need a record in the archive, with or without rows: all since a gatherer's first connection, and
-- those of every partition that production holds.
-- Parameters: wanted_stream; until_at, when the last of them may end
-- Reads: ops.connections, the partitions of the stream's table
-- Returns: the beginnings of the hours
create or replace function ops.hours_to_archive(wanted_stream text, until_at timestamptz)
returns table (hour timestamptz)
language sql
stable
set timezone = 'UTC'
as $$
    with spans as (
        select p.during
        from timeseries.list_partitions(format('market_data.%I', wanted_stream)::regclass) as p
        where lower(p.during) < until_at
        union all
        select tstzrange(min(c.opened_at), greatest(min(c.opened_at), until_at)) as during
        from ops.connections as c
        where c.opened_at <@ (select ops.believed_times())
        having count(*) > 0
    )

    select distinct h.hour
    from spans as s
    cross join lateral generate_series(
        date_trunc('hour', lower(s.during)), least(upper(s.during), until_at) - interval '1 h', interval '1 h'
    ) as h (hour);
$$;

comment on function ops.hours_to_archive is 'The hours of a stream that need a record in the archive.';
