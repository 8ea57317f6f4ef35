create table capture.heartbeat (
    shard smallint primary key default 1,
    beat_at timestamptz not null,
    status jsonb not null
);

comment on table capture.heartbeat is
'Written each second by a running gatherer: the last heartbeat and the status of each of its shards.';
comment on column capture.heartbeat.shard is
'The number of the shard, counted from 1; 1 for a gatherer without shards.';
comment on column capture.heartbeat.beat_at is 'When the gatherer wrote the row, by its own clock.';
comment on column capture.heartbeat.status is 'The status that the command "gatherer status" shows.';
