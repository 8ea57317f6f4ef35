-- The gatherer's last heartbeat and status: one row, or none before its first start.
-- Reads: capture.heartbeat
create or replace view sync.heartbeat_v1 as
select
    beat_at,
    status
from capture.heartbeat;

comment on view sync.heartbeat_v1 is 'The gatherer''s last heartbeat and its status.';
