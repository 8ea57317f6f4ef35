-- Connections reach the deduplicator like any other stream; a row that changes moves to the transaction that did it.
alter table capture.connections add column ingest_xid xid8 not null default pg_current_xact_id();
alter table capture.connections add column name text not null default '';
create index on capture.connections (ingest_xid);

comment on column capture.connections.ingest_xid is 'The transaction that wrote or last changed the row.';
comment on column capture.connections.name is 'What the connection is for: books-1, ticker-1, …';
