-- Read how far packing has come.
-- Parameters: hours_after integer and needs_archive boolean as in ops.hours_to_pack
-- Reads: ops.packed_hours, and what ops.hours_to_pack reads
-- Returns: per stream how many hours are due, for how many seconds the oldest has been, how many are packed, and the
-- newest of these
with due as (
    select
        h.stream,
        count(*) as hours_due,
        coalesce(extract(epoch from now() - min(h.due_since)), 0)::float8 as due_seconds
    from ops.hours_to_pack(%(hours_after)s::integer, %(needs_archive)s::boolean) as h
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
)

select
    s.stream,
    coalesce(d.hours_due, 0) as hours_due,
    coalesce(d.due_seconds, 0) as due_seconds,
    coalesce(p.hours_packed, 0) as hours_packed,
    p.newest_hour
from ops.packed_streams() as s
left join due as d on s.stream = d.stream
left join packed as p on s.stream = p.stream
order by s.stream;
