-- Whether the gatherer lives, and how it is; one row, none before its first start.
-- Reads: capture.heartbeat
create or replace view sync.heartbeat_v1 as
select
    beat_at,
    status
from capture.heartbeat;

comment on view sync.heartbeat_v1 is 'The gatherer''s last sign of life.';
