-- Write the gatherer's heartbeat and status.
-- Parameters: beat_at timestamptz, status jsonb
-- Writes: capture.heartbeat
-- Returns: nothing
insert into capture.heartbeat (beat_at, status)
values (%(beat_at)s, %(status)s)
on conflict (only_row) do update
    set
        beat_at = excluded.beat_at,
        status = excluded.status;
