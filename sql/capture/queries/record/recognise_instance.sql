-- Start a new epoch if this database was restored or moved to another cluster; else keep the epoch.
-- After a restore, transaction ids may be used a second time, so the positions of readers are no longer valid.
-- The first check of a database records its cluster. The timeline is taken from the name of the current write-ahead log
-- file, because the one in the control file is updated only by the next checkpoint.
-- Reads: pg_control_system, the write-ahead log's position
-- Writes: capture.instance; with a new epoch it also empties capture.acknowledgements
-- Returns: the epoch, whether it is new
with cluster as (
    select
        s.system_identifier,
        ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer as timeline
    from pg_control_system() as s
),

before as (
    select
        i.system_identifier is not null
        and (i.system_identifier <> c.system_identifier or i.timeline <> c.timeline) as is_restored
    from capture.instance as i
    cross join cluster as c
),

deleted as (
    delete from capture.acknowledgements
    where (select b.is_restored from before as b)
)

update capture.instance as i
set
    epoch = case when b.is_restored then gen_random_uuid() else i.epoch end,
    created_at = case when b.is_restored then now() else i.created_at end,
    system_identifier = c.system_identifier,
    timeline = c.timeline
from before as b, cluster as c
returning i.epoch, b.is_restored;
