-- schema ops: what the deduplicator knows of its own work; schema market_data: what readers read.
create schema market_data;

create table ops.cursors (
    gatherer_id smallint not null,
    epoch uuid not null,
    stream text not null,
    ingest_xid xid8 not null default '0',
    rows_polled bigint not null default 0,
    rows_new bigint not null default 0,
    rows_duplicate bigint not null default 0,
    rows_rejected bigint not null default 0,
    updated_at timestamptz not null default now(),
    primary key (gatherer_id, epoch, stream)
);

comment on table ops.cursors is
'How far each stream of each gatherer has been merged; moves in the transaction that merges.';
comment on column ops.cursors.epoch is
'The identity of the gatherer''s database; a rebuilt one is read from its beginning.';
comment on column ops.cursors.ingest_xid is 'The last transaction of the gatherer that is merged.';
comment on column ops.cursors.rows_new is 'Rows this gatherer was the first to bring.';
comment on column ops.cursors.rows_duplicate is 'Rows that production held already.';
