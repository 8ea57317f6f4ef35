create table capture.heartbeat (
    only_row boolean primary key default true check (only_row),
    beat_at timestamptz not null,
    status jsonb not null
);

comment on table capture.heartbeat is 'Written each second by a running gatherer: that it lives, and how it is.';
comment on column capture.heartbeat.beat_at is 'When the gatherer last said so, by its own clock.';
comment on column capture.heartbeat.status is 'What gatherer status shows.';
