create table ops.heartbeats (
    gatherer_id smallint primary key,
    epoch uuid not null,
    beat_at timestamptz not null,
    read_at timestamptz not null,
    status jsonb not null
);

comment on table ops.heartbeats is 'The last heartbeat read from each gatherer.';
comment on column ops.heartbeats.gatherer_id is 'The gatherer.';
comment on column ops.heartbeats.epoch is 'The identity of the gatherer''s database.';
comment on column ops.heartbeats.beat_at is 'When the gatherer wrote it, by the gatherer''s clock.';
comment on column ops.heartbeats.read_at is
'When it was read, by production''s clock; the difference shows a wrong clock.';
comment on column ops.heartbeats.status is 'The status that the command "gatherer status" shows.';
