-- Read how far the packing of order-book changes has come.
-- Parameters: hours_after integer and needs_archive boolean as in ops.hours_to_pack
-- Reads: ops.packed_hours, and what ops.hours_to_pack reads
-- Returns: how many hours are due, for how many seconds the oldest has been, how many are packed, and the newest of
-- these
with due as (
    select
        count(*) as hours_due,
        coalesce(extract(epoch from now() - min(h.due_since)), 0)::float8 as due_seconds
    from ops.hours_to_pack(%(hours_after)s::integer, %(needs_archive)s::boolean) as h
),

packed as (
    select
        count(*) as hours_packed,
        max(p.hour) as newest_hour
    from ops.packed_hours as p
    where p.stream = 'orderbook_deltas' and p.packed_at is not null
)

select
    d.hours_due,
    d.due_seconds,
    p.hours_packed,
    p.newest_hour
from due as d
cross join packed as p;
