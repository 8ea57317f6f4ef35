-- Schema ops holds the deduplicator's own records; schema market_data holds what readers read.
create schema market_data;

-- Several deduplicators may share the markets; each has its own cursors.
create table ops.cursors (
    gatherer_id smallint not null,
    epoch uuid not null,
    stream text not null,
    shard text not null default '1/1',
    ingest_xid xid8 not null default '0',
    rows_polled bigint not null default 0,
    rows_new bigint not null default 0,
    rows_duplicate bigint not null default 0,
    rows_rejected bigint not null default 0,
    updated_at timestamptz not null default now(),
    primary key (gatherer_id, epoch, stream, shard)
);

comment on table ops.cursors is
'The position up to which each stream of each gatherer is merged; moves in the transaction that merges the rows.';
comment on column ops.cursors.gatherer_id is 'The gatherer that is read.';
comment on column ops.cursors.epoch is
'The identity of the gatherer''s database; a rebuilt one is read from the beginning.';
comment on column ops.cursors.stream is 'The stream that is read.';
comment on column ops.cursors.shard is 'The part of the markets that is read, as part/parts: 1/1 for all of them.';
comment on column ops.cursors.ingest_xid is 'The gatherer''s last transaction that is merged.';
comment on column ops.cursors.rows_polled is 'Rows read from this gatherer.';
comment on column ops.cursors.rows_new is 'Those of them that production did not hold yet.';
comment on column ops.cursors.rows_duplicate is 'Those that production held already.';
comment on column ops.cursors.rows_rejected is 'Those that production rejected; they are in ops.rejected_rows.';
comment on column ops.cursors.updated_at is 'When the position last moved.';
