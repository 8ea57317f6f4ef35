-- Record that the archive holds an hour that production did not write, as its manifest says. What production wrote
-- itself stays, unless the archive's object is newer: a production that was restored to an earlier moment does not know
-- what it wrote later. If production has merged rows of the hour already, it is written again, with the restored rows.
-- Parameters: stream text, hour timestamptz, and what ops.archive_partitions keeps of the object
-- Writes: ops.archive_partitions
-- Returns: the state; no row if production has written the hour itself, as it is or later
insert into ops.archive_partitions as p (
    stream, hour, state, touched_at, object_key, schema_version, row_count, byte_count, sha256, gatherer_rows, sums,
    first_at, last_at, exported_at, verified_at, restored_at
)
values (
    %(stream)s, %(hour)s, 'verified', %(hour)s, %(object_key)s, %(schema_version)s, %(row_count)s, %(byte_count)s,
    %(sha256)s, %(gatherer_rows)s, %(sums)s, %(first_at)s, %(last_at)s, %(exported_at)s, now(), now()
)
on conflict (stream, hour) do update
    set
        state = case
            when p.stream in (select d.stream from ops.derived_streams() as d) then 'verified'
            else p.state
        end,
        object_key = excluded.object_key,
        schema_version = excluded.schema_version,
        row_count = excluded.row_count,
        byte_count = excluded.byte_count,
        sha256 = excluded.sha256,
        gatherer_rows = excluded.gatherer_rows,
        sums = excluded.sums,
        first_at = excluded.first_at,
        last_at = excluded.last_at,
        exported_at = excluded.exported_at,
        verified_at = excluded.verified_at,
        restored_at = excluded.restored_at,
        error = null,
        retry_at = null
    where coalesce(p.sha256, p.written_sha256) is null
    or p.sha256 <> excluded.sha256 and p.exported_at < excluded.exported_at
returning p.state;
