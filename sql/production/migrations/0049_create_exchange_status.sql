create table market_data.exchange_status (
    gatherer_id smallint not null,
    kind text collate "C" not null,
    exchange_index integer,
    exchange_active boolean,
    trading_active boolean,
    resumes_at timestamptz,
    begins_at timestamptz,
    ends_at timestamptz,
    body jsonb not null,
    body_sha256 bytea not null,
    first_seen_at timestamptz not null,
    confirmed_at timestamptz not null,
    unique (kind, body_sha256, first_seen_at)
);
create index on market_data.exchange_status (first_seen_at);
select timeseries.make_time_series('market_data.exchange_status', 'first_seen_at', interval '30 days');

comment on table market_data.exchange_status is
'What the exchange says of itself: whether each shard is active, its standard hours, and its windows of maintenance. '
'Each state once, whichever gatherers asked, from when to when it was said without a break; cut at each hour.';
comment on column market_data.exchange_status.gatherer_id is 'A gatherer that was answered so then.';
comment on column market_data.exchange_status.kind is
'shard: whether one shard is active; schedule: the standard hours; maintenance: one window of maintenance.';
comment on column market_data.exchange_status.exchange_index is 'The shard; null for other kinds.';
comment on column market_data.exchange_status.exchange_active is
'Of a shard: false if nothing changes at the exchange; null if it does not say.';
comment on column market_data.exchange_status.trading_active is
'Of a shard: false if nothing is traded; null if it does not say.';
comment on column market_data.exchange_status.resumes_at is 'Of a shard: when it is to resume; null if none is said.';
comment on column market_data.exchange_status.begins_at is 'Of maintenance: when it begins; null if that is no time.';
comment on column market_data.exchange_status.ends_at is 'Of maintenance: when it ends; null if that is no time.';
comment on column market_data.exchange_status.body is 'What the exchange sent about this.';
comment on column market_data.exchange_status.body_sha256 is 'Digest of the body.';
comment on column market_data.exchange_status.first_seen_at is
'When an answer to any gatherer said this first, or the beginning of the hour if it holds since the hour before.';
comment on column market_data.exchange_status.confirmed_at is
'When an answer to any gatherer said this last, or the end of the hour if it still holds in the next one.';
