-- The gatherer's last heartbeat and status: one row, or none before its first start.
-- A gatherer with shards lives as long as all of them do, so the oldest of their heartbeats counts.
-- Reads: capture.current_shards, capture.gatherer_status
create or replace view sync.heartbeat_v1 as
select
    (select min(c.beat_at) from capture.current_shards as c) as beat_at,
    s.status
from capture.gatherer_status as s;

comment on view sync.heartbeat_v1 is 'The gatherer''s last heartbeat and its status, over all of its shards.';
