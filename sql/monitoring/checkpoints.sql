-- Checkpoints since the statistics began: those at their time, and those that the size of the log forced.
-- Returns: timed_total, requested_total, write_seconds_total, sync_seconds_total, written_buffers_total
select
    c.num_timed as timed_total,
    c.num_requested as requested_total,
    c.write_time / 1000 as write_seconds_total,
    c.sync_time / 1000 as sync_seconds_total,
    c.buffers_written as written_buffers_total
from pg_stat_checkpointer as c;
