create table ops.sightings (
    stream text not null,
    seen_at timestamptz not null,
    key_hash bigint not null,
    gatherer_id smallint not null,
    received_at timestamptz not null,
    primary key (stream, seen_at, key_hash, gatherer_id)
);

comment on table ops.sightings is
'Which gatherers received a row, and when; the merge keeps only the first copy. A sample, chosen by the hash of the '
'row''s identity.';
comment on column ops.sightings.stream is 'The stream of the row.';
comment on column ops.sightings.seen_at is 'The row''s own time, by the exchange''s clock.';
comment on column ops.sightings.key_hash is 'Hash of the row''s identity; rows with equal hashes count as one.';
comment on column ops.sightings.gatherer_id is 'The gatherer that received it.';
comment on column ops.sightings.received_at is 'When this gatherer first received it.';
