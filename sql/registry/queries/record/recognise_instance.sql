-- Begin a new epoch where this database was restored or moved: transaction ids may then come a second time, so that no
-- position of a reader means anything any more. The first look at a database notes where it lives.
-- The timeline is read from the name of the log file being written: the one in the control file is a checkpoint late.
-- Reads: pg_control_system, the write-ahead log's position
-- Writes: registry.instance
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
    from registry.instance as i
    cross join cluster as c
)

update registry.instance as i
set
    epoch = case when b.is_restored then gen_random_uuid() else i.epoch end,
    created_at = case when b.is_restored then now() else i.created_at end,
    system_identifier = c.system_identifier,
    timeline = c.timeline
from before as b, cluster as c
returning i.epoch, b.is_restored;
