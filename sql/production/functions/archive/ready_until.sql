-- Compute until when hours of streams may be written to the archive: all their rows are merged, or the deadline passed.
-- Parameters: streams, archived by the hour; whole_streams, tables that are written whole at the beginning of each day;
-- gatherers, the numbers of all; settle_seconds, how long after its end an hour is left alone; deadline_seconds, how
-- long to wait for a missing gatherer
-- Reads: ops.watermarks, and what ops.merged_until and ops.is_listed read
-- Returns: per stream the time until which its hours may have ended, and how long an hour of it is; no row for a table
-- that production does not hold whole yet
create or replace function ops.ready_until(
    streams text[],
    whole_streams text[],
    gatherers integer[],
    settle_seconds double precision,
    deadline_seconds double precision
) returns table (stream text, until_at timestamptz, length interval)
language sql
stable
as $$
    select
        s.name as stream,
        case
            -- Until its minutes are classified, nothing is known of an hour, however long that takes.
            when d.stream is not null and d.follows is null
                then (select w.moment from ops.watermarks as w where w.name = 'market_minutes')
            else greatest(
                ops.merged_until(coalesce(d.follows, s.name), gatherers) - make_interval(secs => settle_seconds),
                now() - make_interval(secs => greatest(settle_seconds, deadline_seconds))
            )
        end as until_at,
        coalesce(d.length, interval '1 h') as length
    from unnest(streams) as s (name)
    left join ops.derived_streams() as d on s.name = d.stream
    union all
    select
        w.name as stream,
        now() as until_at,
        interval '0' as length
    from unnest(whole_streams) as w (name)
    where ops.is_listed(w.name);
$$;

comment on function ops.ready_until is 'Until when hours of streams may be written to the archive.';
