-- Record that gatherers record nothing more: nothing is expected any more from a second before the first of them had
-- stopped, since its subscriptions ended one after another.
-- Reads: ops.subscriptions
-- Writes: ops.expected
-- Returns: nothing
with
stopped as (
    select max(coalesce(s.ended_at, 'infinity')) - interval '1 s' as at
    from ops.subscriptions as s
    group by s.gatherer_id
),

first_stopped as (
    select min(s.at) as at
    from stopped as s
)

update ops.expected as e
set dropped_at = greatest(e.began_at, f.at)
from first_stopped as f
where e.dropped_at is null and isfinite(f.at);
