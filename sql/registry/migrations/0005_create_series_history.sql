create table registry.series_history (
    ticker text collate "C" not null,
    updated_time timestamptz,
    body jsonb not null,
    fetched_at timestamptz not null,
    replaced_at timestamptz not null default now(),
    ingest_xid xid8 not null default pg_current_xact_id()
);
create index on registry.series_history (ticker, replaced_at);
create index on registry.series_history (ingest_xid);
create index on registry.series_history (replaced_at);

comment on table registry.series_history is
'Every body in registry.series that a newer one replaced, once; with registry.series, all bodies ever received.';
comment on column registry.series_history.ticker is 'The exchange''s name of it.';
comment on column registry.series_history.updated_time is
'The exchange''s time of the change that made this body; null if the body has none.';
comment on column registry.series_history.body is 'The object as the exchange sent it.';
comment on column registry.series_history.fetched_at is 'When this body was first received, by this host''s clock.';
comment on column registry.series_history.replaced_at is 'When a newer body replaced it.';
comment on column registry.series_history.ingest_xid is
'The transaction that wrote the row; readers take whole transactions.';
