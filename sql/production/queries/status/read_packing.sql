-- Read how far packing has come.
-- Parameters: hours_after integer and needs_archive boolean as in ops.hours_to_pack
-- Reads: ops.packed_hours, ops.packing_failures, and what ops.hours_to_pack reads
-- Returns: per stream how many hours are due, for how many seconds the oldest has been, how many are packed, the newest
-- of these, how many could not be packed, and which of them was tried last, and why it failed
with due as materialized (
    select h.*
    from ops.hours_to_pack(%(hours_after)s::integer, %(needs_archive)s::boolean) as h
),

waiting as (
    select
        h.stream,
        count(*) as hours_due,
        coalesce(extract(epoch from now() - min(h.due_since)), 0)::float8 as due_seconds
    from due as h
    where h.failed_attempts = 0
    group by h.stream
),

packed as (
    select
        p.stream,
        count(*) as hours_packed,
        max(p.hour) as newest_hour
    from ops.packed_hours as p
    where p.packed_at is not null
    group by p.stream
),

failing as (
    select
        f.stream,
        count(*) as hours_failing,
        (array_agg(
            format('%%s of %%s: %%s', f.stream, to_char(f.hour at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), f.error)
            order by f.failed_at desc
        ))[1] as failure
    from due as h
    inner join ops.packing_failures as f on h.stream = f.stream and h.hour = f.hour
    group by f.stream
)

select
    s.stream,
    coalesce(d.hours_due, 0) as hours_due,
    coalesce(d.due_seconds, 0) as due_seconds,
    coalesce(p.hours_packed, 0) as hours_packed,
    p.newest_hour,
    coalesce(f.hours_failing, 0) as hours_failing,
    f.failure
from ops.packed_streams() as s
left join waiting as d on s.stream = d.stream
left join packed as p on s.stream = p.stream
left join failing as f on s.stream = f.stream
order by s.stream;
