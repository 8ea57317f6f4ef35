-- Record that gatherers record nothing more: nothing is expected any more from when the first of them began to stop.
-- A gatherer's subscriptions end one after another, within a second.
-- Reads: ops.subscriptions
-- Writes: ops.expected
-- Returns: nothing
with
subscription as (
    select
        s.gatherer_id,
        coalesce(s.ended_at, 'infinity') as ended_at,
        max(coalesce(s.ended_at, 'infinity')) over (partition by s.gatherer_id) as last_ended_at
    from ops.subscriptions as s
),

stopped as (
    select min(s.ended_at) as at
    from subscription as s
    where s.ended_at > s.last_ended_at - interval '1 s' or s.ended_at = s.last_ended_at
)

update ops.expected as e
set dropped_at = greatest(e.began_at, s.at)
from stopped as s
where e.dropped_at is null and isfinite(s.at);
