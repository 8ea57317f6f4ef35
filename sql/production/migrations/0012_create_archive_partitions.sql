create table ops.archive_partitions (
    stream text not null,
    hour timestamptz not null,
    state text not null default 'pending' check (state in ('pending', 'exporting', 'exported', 'verified')),
    touched_at timestamptz not null default now(),
    object_key text,
    schema_version integer,
    row_count bigint,
    byte_count bigint,
    sha256 bytea,
    etag text,
    watermarks jsonb,
    gatherer_rows jsonb,
    exported_at timestamptz,
    verified_at timestamptz,
    primary key (stream, hour)
);

comment on table ops.archive_partitions is
'Hours of streams on their way to the archive; merging a row marks its hour.';
comment on column ops.archive_partitions.hour is 'The beginning of the hour that the rows'' time column falls into.';
comment on column ops.archive_partitions.state is
'pending: rows were merged since the last export; exporting; exported; verified: read back and equal to production.';
comment on column ops.archive_partitions.touched_at is 'When rows of this hour were last merged.';
comment on column ops.archive_partitions.watermarks is 'The cursor of each gatherer and epoch when it was exported.';
comment on column ops.archive_partitions.gatherer_rows is 'Rows by the gatherer that brought them.';
