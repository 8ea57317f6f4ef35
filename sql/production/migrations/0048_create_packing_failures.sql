create table ops.packing_failures (
    stream text not null,
    hour timestamptz not null,
    attempts integer not null default 1,
    failed_at timestamptz not null default now(),
    retry_at timestamptz not null,
    error text not null,
    primary key (stream, hour)
);

comment on table ops.packing_failures is
'Hours, for some streams days, that could not be packed the last time: they are tried again later and in smaller '
'steps, and keep no other hour waiting. At most one row for each hour that has a hot partition.';
comment on column ops.packing_failures.stream is 'The stream.';
comment on column ops.packing_failures.hour is 'When the hour begins; for some streams, the day.';
comment on column ops.packing_failures.attempts is 'How many attempts have failed.';
comment on column ops.packing_failures.failed_at is 'When the last one failed.';
comment on column ops.packing_failures.retry_at is 'When the next one is due.';
comment on column ops.packing_failures.error is 'What the database reported, in its first 500 characters.';
