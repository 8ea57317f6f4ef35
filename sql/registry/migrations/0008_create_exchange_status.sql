create table registry.exchange_status (
    kind text not null,
    body_sha256 bytea not null,
    first_seen_at timestamptz not null,
    confirmed_at timestamptz not null,
    exchange_index integer,
    exchange_active boolean,
    trading_active boolean,
    resumes_at timestamptz,
    begins_at timestamptz,
    ends_at timestamptz,
    body jsonb not null,
    ingest_xid xid8 not null default pg_current_xact_id(),
    primary key (kind, body_sha256, first_seen_at)
);
create index on registry.exchange_status (ingest_xid);
create index on registry.exchange_status (confirmed_at);

comment on table registry.exchange_status is
'What the exchange says of itself: whether each shard is active, its standard hours, and its windows of maintenance. '
'A row per state, cut at each hour.';
comment on column registry.exchange_status.kind is
'shard: whether one shard is active; schedule: the standard hours; maintenance: one window of maintenance.';
comment on column registry.exchange_status.body_sha256 is 'Digest of the body.';
comment on column registry.exchange_status.first_seen_at is
'When an answer said this first, or the beginning of the hour if it holds since the hour before.';
comment on column registry.exchange_status.confirmed_at is
'When an answer said this last, or the end of the hour if it still holds in the next one.';
comment on column registry.exchange_status.exchange_index is 'The shard; null for other kinds.';
comment on column registry.exchange_status.exchange_active is
'Of a shard: false if nothing changes at the exchange; null if it does not say.';
comment on column registry.exchange_status.trading_active is
'Of a shard: false if nothing is traded; null if it does not say.';
comment on column registry.exchange_status.resumes_at is 'Of a shard: when it is to resume; null if none is said.';
comment on column registry.exchange_status.begins_at is 'Of maintenance: when it begins.';
comment on column registry.exchange_status.ends_at is 'Of maintenance: when it ends.';
comment on column registry.exchange_status.body is 'What the exchange sent about this.';
comment on column registry.exchange_status.ingest_xid is
'The transaction that last changed the row; readers take whole transactions.';
