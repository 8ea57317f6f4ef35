-- Read how late the backups are of a production that makes its own.
-- Returns: age_seconds, since the last backup was finished; full_age_seconds, since the last full one was, infinite if
-- none was; failing_seconds, since the last file of the write-ahead log reached the backups while later ones fail, 0
-- if none fails; no row if no backup was ever finished
select
    extract(epoch from now() - max(b.finished_at))::float8 as age_seconds,
    coalesce(extract(epoch from now() - max(b.finished_at) filter (where b.kind = 'full')), 'infinity')::float8
        as full_age_seconds,
    max(
        case
            when a.last_failed_time > coalesce(a.last_archived_time, '-infinity')
                then extract(epoch from now() - greatest(a.last_archived_time, a.stats_reset))
            else 0
        end
    )::float8 as failing_seconds
from ops.backups as b
cross join pg_stat_archiver as a
having count(*) > 0;
