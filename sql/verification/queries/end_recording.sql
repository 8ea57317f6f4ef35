-- Record that gatherers record nothing more: nothing is expected any more from when the first of them had stopped.
-- Reads: ops.subscriptions
-- Writes: ops.expected
-- Returns: nothing
with
stopped as (
    select max(coalesce(s.ended_at, 'infinity')) as at
    from ops.subscriptions as s
    group by s.gatherer_id
)

update ops.expected as e
set dropped_at = first_stopped.at
from (select min(s.at) as at from stopped as s) as first_stopped
where e.dropped_at is null and isfinite(first_stopped.at) and e.began_at < first_stopped.at;
