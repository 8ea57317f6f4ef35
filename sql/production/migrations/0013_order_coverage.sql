-- A row of coverage may come in several states; the transaction that wrote it tells which is newer.
alter table ops.connections add column ingest_xid xid8 not null default '0';
alter table ops.subscriptions add column ingest_xid xid8 not null default '0';
alter table ops.gaps add column ingest_xid xid8 not null default '0';

comment on column ops.connections.ingest_xid is 'The gatherer''s transaction that wrote this state; it orders states.';
comment on column ops.subscriptions.ingest_xid is
'The gatherer''s transaction that wrote this state; it orders states.';
comment on column ops.gaps.ingest_xid is 'The gatherer''s transaction that wrote this state; it orders states.';
