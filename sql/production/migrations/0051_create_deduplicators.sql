create table ops.deduplicators (
    shard text primary key,
    beat_at timestamptz not null,
    status jsonb not null
);

comment on table ops.deduplicators is 'Written every few seconds by each running deduplicator: that it lives, and how.';
comment on column ops.deduplicators.shard is 'Which part of the markets it merges, of how many: 1/1 for all of them.';
comment on column ops.deduplicators.beat_at is 'When it last said so, by production''s clock.';
comment on column ops.deduplicators.status is 'state, version, started_at, and health with its reasons.';
