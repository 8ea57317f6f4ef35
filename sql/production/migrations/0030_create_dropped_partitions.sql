create table ops.dropped_partitions (
    stream text not null,
    during tstzrange not null,
    dropped_at timestamptz not null default now(),
    primary key (stream, during)
);

comment on table ops.dropped_partitions is
'The times whose rows production no longer holds, because the archive holds them.';
comment on column ops.dropped_partitions.stream is 'The stream.';
comment on column ops.dropped_partitions.during is 'The time that the dropped partition held.';
comment on column ops.dropped_partitions.dropped_at is 'When the partition was dropped.';
