create table market_data.series (
    ticker text collate "C" primary key,
    updated_time timestamptz,
    fetched_at timestamptz not null,
    body_sha256 bytea not null,
    title text,
    category text,
    frequency text,
    fee_type text,
    body jsonb not null
);

comment on table market_data.series is 'The exchange''s series, each in its newest known state.';
comment on column market_data.series.ticker is 'The exchange''s name of it.';
comment on column market_data.series.updated_time is
'The exchange''s time of the last change; null if the body has none.';
comment on column market_data.series.fetched_at is 'When a gatherer fetched this state, by that host''s clock.';
comment on column market_data.series.body_sha256 is 'Digest of the body.';
comment on column market_data.series.title is 'The name for people.';
comment on column market_data.series.category is 'The primary category.';
comment on column market_data.series.frequency is 'How often it has a new event: daily, weekly, …';
comment on column market_data.series.fee_type is 'How fees are computed.';
comment on column market_data.series.body is 'The object as the exchange sent it.';
