create table capture.storage_samples (
    sampled_at timestamptz primary key,
    database_bytes bigint not null,
    kept_bytes bigint not null
);

comment on table capture.storage_samples is
'How much space this database took, once in ten minutes of the last two days; its growth is measured from that.';
comment on column capture.storage_samples.sampled_at is 'The beginning of the ten minutes; its last sample counts.';
comment on column capture.storage_samples.database_bytes is 'The size of the database.';
comment on column capture.storage_samples.kept_bytes is
'What of it may not be dropped: all but the partitions that are over and that the deduplicator has acknowledged.';
