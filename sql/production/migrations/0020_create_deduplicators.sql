create table ops.deduplicators (
    shard text primary key,
    beat_at timestamptz not null,
    status jsonb not null
);

comment on table ops.deduplicators is
'Written every few seconds by each running deduplicator: its last heartbeat and its status.';
comment on column ops.deduplicators.shard is 'The part of the markets that it merges, as part/parts: 1/1 for all.';
comment on column ops.deduplicators.beat_at is 'When it last wrote the row, by production''s clock.';
comment on column ops.deduplicators.status is 'state, version, started_at, and health with its reasons.';
