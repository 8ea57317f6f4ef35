create table ops.dropped_partitions (
    stream text not null,
    during tstzrange not null,
    dropped_at timestamptz not null default now(),
    primary key (stream, during)
);

comment on table ops.dropped_partitions is 'Time that production no longer holds, since the archive does.';
comment on column ops.dropped_partitions.during is 'What the dropped partition held.';
