create table ops.archive_partitions (
    stream text not null,
    hour timestamptz not null,
    state text not null default 'pending' check (state in ('pending', 'exporting', 'exported', 'verified')),
    opened_at timestamptz not null default now(),
    touched_at timestamptz not null default now(),
    claimed_at timestamptz,
    object_key text,
    schema_version integer,
    row_count bigint,
    byte_count bigint,
    sha256 bytea,
    written_sha256 bytea,
    etag text,
    watermarks jsonb,
    gatherer_rows jsonb,
    exported_at timestamptz,
    verified_at timestamptz,
    first_at timestamptz,
    last_at timestamptz,
    sums jsonb,
    failures integer not null default 0,
    error text,
    retry_at timestamptz,
    restored_at timestamptz,
    primary key (stream, hour)
);
create index on ops.archive_partitions (hour) where state <> 'verified';

comment on table ops.archive_partitions is
'One row per stream and hour that is or will be in the archive; merging a row marks its hour.';
comment on column ops.archive_partitions.stream is 'The stream.';
comment on column ops.archive_partitions.hour is 'The start of the hour in which the rows'' time column lies.';
comment on column ops.archive_partitions.state is
'pending: rows were merged since the last export; exporting; exported; verified: read back and equal to production.';
comment on column ops.archive_partitions.opened_at is 'When the record was created.';
comment on column ops.archive_partitions.touched_at is 'When rows of this hour were last merged.';
comment on column ops.archive_partitions.claimed_at is 'When an exporter last began to write it.';
comment on column ops.archive_partitions.object_key is 'The key of the object in the bucket.';
comment on column ops.archive_partitions.schema_version is 'The version of the file''s columns.';
comment on column ops.archive_partitions.row_count is 'Rows in the object.';
comment on column ops.archive_partitions.byte_count is 'The size of the object.';
comment on column ops.archive_partitions.sha256 is 'Digest of the object.';
comment on column ops.archive_partitions.written_sha256 is
'SHA-256 of the object that was last to be written, whether or not it was finished.';
comment on column ops.archive_partitions.etag is 'The ETag that the storage returned for the object.';
comment on column ops.archive_partitions.watermarks is 'The cursor of each gatherer and epoch at the export.';
comment on column ops.archive_partitions.gatherer_rows is 'Rows per gatherer that brought them.';
comment on column ops.archive_partitions.exported_at is 'When the object was written.';
comment on column ops.archive_partitions.verified_at is 'When the object was read back and equal to production.';
comment on column ops.archive_partitions.first_at is 'The time of the earliest row in the object; null without rows.';
comment on column ops.archive_partitions.last_at is 'The time of the latest row in the object; null without rows.';
comment on column ops.archive_partitions.sums is 'The sum of each column of amounts, as text.';
comment on column ops.archive_partitions.failures is 'Attempts to write or read back that failed in a row.';
comment on column ops.archive_partitions.error is 'Why the last attempt failed; null after a success.';
comment on column ops.archive_partitions.retry_at is 'Not tried again before this time.';
comment on column ops.archive_partitions.restored_at is
'When production took the hour over from the archive, which alone held it; null if production wrote it.';
