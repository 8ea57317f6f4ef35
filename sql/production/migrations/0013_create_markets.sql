create table market_data.markets (
    ticker text collate "C" primary key,
    updated_time timestamptz,
    fetched_at timestamptz not null,
    body_sha256 bytea not null,
    event_ticker text collate "C",
    market_type text,
    title text,
    yes_sub_title text,
    no_sub_title text,
    status text,
    result text,
    open_time timestamptz,
    close_time timestamptz,
    settlement_ts timestamptz,
    body jsonb not null
);
create index on market_data.markets (event_ticker);

comment on table market_data.markets is 'The exchange''s markets, each in its newest known state.';
comment on column market_data.markets.ticker is 'The exchange''s name of it.';
comment on column market_data.markets.updated_time is
'The exchange''s time of the last change; null if the body has none.';
comment on column market_data.markets.fetched_at is 'When a gatherer fetched this state, by that host''s clock.';
comment on column market_data.markets.body_sha256 is 'Digest of the body.';
comment on column market_data.markets.event_ticker is 'The event to which it belongs.';
comment on column market_data.markets.market_type is 'binary or scalar.';
comment on column market_data.markets.title is 'The question for people; null if the exchange leaves it out.';
comment on column market_data.markets.yes_sub_title is 'The meaning of YES.';
comment on column market_data.markets.no_sub_title is 'The meaning of NO.';
comment on column market_data.markets.status is
'initialized, inactive, active, closed, determined, disputed, amended or finalized.';
comment on column market_data.markets.result is 'yes, no or scalar; empty before it is determined.';
comment on column market_data.markets.open_time is 'When trading opens.';
comment on column market_data.markets.close_time is 'When trading closes.';
comment on column market_data.markets.settlement_ts is 'When it was settled; null before.';
comment on column market_data.markets.body is 'The object as the exchange sent it.';
