create table ops.heartbeats (
    gatherer_id smallint primary key,
    epoch uuid not null,
    beat_at timestamptz not null,
    read_at timestamptz not null,
    status jsonb not null
);

comment on table ops.heartbeats is 'The last sign of life read from each gatherer.';
comment on column ops.heartbeats.beat_at is 'By the gatherer''s clock.';
comment on column ops.heartbeats.read_at is 'By production''s clock; a clock that is off shows as a difference.';
