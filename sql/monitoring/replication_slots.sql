-- What replication slots hold back: the platform has none, and one that was left behind fills the disk.
-- Returns: slots, inactive_slots, retained_bytes (of the write-ahead log, by the slot that is furthest behind)
select
    count(*) as slots,
    count(*) filter (where not s.active) as inactive_slots,
    coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)), 0)::int8 as retained_bytes
from pg_replication_slots as s;
