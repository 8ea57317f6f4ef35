create table ops.storage_samples (
    sampled_at timestamptz primary key,
    database_bytes bigint not null,
    kept_bytes bigint not null
);

comment on table ops.storage_samples is
'How much space production took, once in ten minutes of the last two days; its growth is measured from that.';
comment on column ops.storage_samples.sampled_at is 'The beginning of the ten minutes; its last sample counts.';
comment on column ops.storage_samples.database_bytes is 'The size of the database.';
comment on column ops.storage_samples.kept_bytes is
'What of it may not be dropped: all but the partitions that are older than a day and that the archive holds, verified.';
