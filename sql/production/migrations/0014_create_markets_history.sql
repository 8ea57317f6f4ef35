create table market_data.markets_history (
    ticker text collate "C" not null,
    body_sha256 bytea not null,
    updated_time timestamptz,
    fetched_at timestamptz not null,
    last_fetched_at timestamptz not null,
    body jsonb not null,
    gatherer_id smallint not null,
    primary key (ticker, body_sha256)
);
create index on market_data.markets_history (fetched_at);

comment on table market_data.markets_history is
'Every state of the exchange''s markets that any gatherer fetched, each once.';
comment on column market_data.markets_history.ticker is 'The exchange''s name of it.';
comment on column market_data.markets_history.body_sha256 is 'Digest of the body.';
comment on column market_data.markets_history.updated_time is
'The exchange''s time of the change that made this state; null if the body has none.';
comment on column market_data.markets_history.fetched_at is
'When a gatherer fetched it first, by that host''s clock.';
comment on column market_data.markets_history.last_fetched_at is
'When a gatherer last fetched it as the newest state it knew, by that host''s clock.';
comment on column market_data.markets_history.body is 'The object as the exchange sent it.';
comment on column market_data.markets_history.gatherer_id is
'The gatherer whose row was merged first; 0 if it was restored from the archive.';
