-- Dead rows of this database, which still take space, and how long ago vacuum last finished a table.
-- Returns: live_rows, dead_rows, tables, vacuumed_seconds_ago (of the last vacuum; -1 if there was none)
select
    coalesce(sum(t.n_live_tup), 0)::int8 as live_rows,
    coalesce(sum(t.n_dead_tup), 0)::int8 as dead_rows,
    count(*) as tables,
    coalesce(
        extract(epoch from clock_timestamp() - max(greatest(t.last_vacuum, t.last_autovacuum))), -1
    )::float8 as vacuumed_seconds_ago
from pg_stat_user_tables as t;
