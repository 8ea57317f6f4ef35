create table registry.markets_history (
    ticker text collate "C" not null,
    updated_time timestamptz,
    body jsonb not null,
    fetched_at timestamptz not null,
    replaced_at timestamptz not null default now(),
    ingest_xid xid8 not null default pg_current_xact_id()
);
create index on registry.markets_history (ticker, replaced_at);
create index on registry.markets_history (ingest_xid);

comment on table registry.markets_history is
'Every body that a newer one replaced in registry.markets, once; together they are all that was ever known.';
comment on column registry.markets_history.updated_time is
'The exchange''s time of the change that made this body; null where the body has none.';
comment on column registry.markets_history.body is 'The object as the exchange sent it.';
comment on column registry.markets_history.fetched_at is 'When this body was first received.';
comment on column registry.markets_history.replaced_at is 'When a newer body took its place.';
comment on column registry.markets_history.ingest_xid is
'The transaction that wrote the row; readers take whole transactions.';
