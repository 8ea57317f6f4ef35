create table registry.markets (
    ticker text collate "C" primary key,
    updated_time timestamptz,
    body jsonb not null,
    ingest_xid xid8 not null default pg_current_xact_id(),
    fetched_at timestamptz not null default now()
);
create index on registry.markets (ingest_xid);

comment on table registry.markets is 'The newest known body of each of the exchange''s markets.';
comment on column registry.markets.ticker is 'The exchange''s name of it.';
comment on column registry.markets.updated_time is
'The exchange''s time of the last change; null if the body has none.';
comment on column registry.markets.body is 'The object as the exchange sent it.';
comment on column registry.markets.ingest_xid is
'The transaction that last changed the row; readers take whole transactions.';
comment on column registry.markets.fetched_at is 'When this body was first received, by this host''s clock.';
