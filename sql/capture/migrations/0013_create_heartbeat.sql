create table capture.heartbeat (
    only_row boolean primary key default true check (only_row),
    beat_at timestamptz not null,
    status jsonb not null
);

comment on table capture.heartbeat is 'Written each second by a running gatherer: its last heartbeat and its status.';
comment on column capture.heartbeat.only_row is 'Always true; the key that allows one row only.';
comment on column capture.heartbeat.beat_at is 'When the gatherer wrote the row, by its own clock.';
comment on column capture.heartbeat.status is 'The status that the command "gatherer status" shows.';
