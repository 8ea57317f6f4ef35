create table registry.events (
    ticker text collate "C" primary key,
    updated_time timestamptz,
    body jsonb not null,
    ingest_xid xid8 not null default pg_current_xact_id(),
    fetched_at timestamptz not null default now()
);
create index on registry.events (ingest_xid);

comment on table registry.events is 'The newest known body of each of the exchange''s events.';
comment on column registry.events.ticker is 'The exchange''s name of it.';
comment on column registry.events.updated_time is
'The exchange''s time of the last change; null if the body has none.';
comment on column registry.events.body is 'The object as the exchange sent it.';
comment on column registry.events.ingest_xid is
'The transaction that last changed the row; readers take whole transactions.';
comment on column registry.events.fetched_at is 'When this body was first received, by this host''s clock.';
