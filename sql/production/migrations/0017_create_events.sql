create table market_data.events (
    ticker text collate "C" primary key,
    updated_time timestamptz,
    fetched_at timestamptz not null,
    body_sha256 bytea not null,
    series_ticker text collate "C",
    title text,
    sub_title text,
    mutually_exclusive boolean,
    strike_date timestamptz,
    strike_period text,
    body jsonb not null
);
create index on market_data.events (series_ticker);
create table market_data.events_history (
    ticker text collate "C" not null,
    body_sha256 bytea not null,
    updated_time timestamptz,
    fetched_at timestamptz not null,
    body jsonb not null,
    gatherer_id smallint not null,
    primary key (ticker, body_sha256)
);
create index on market_data.events_history (ticker, fetched_at);

comment on table market_data.events is 'The exchange''s events, each in its newest known state.';
comment on column market_data.events.ticker is 'The exchange''s name of it.';
comment on column market_data.events.updated_time is
'The exchange''s time of the last change; null where it tells none.';
comment on column market_data.events.fetched_at is 'When a gatherer fetched this state, by that host''s clock.';
comment on column market_data.events.body_sha256 is 'Digest of the body.';
comment on column market_data.events.series_ticker is 'The series it belongs to.';
comment on column market_data.events.title is 'The question for people.';
comment on column market_data.events.sub_title is 'What tells it apart within its series.';
comment on column market_data.events.mutually_exclusive is 'Whether only one of its markets can settle as yes.';
comment on column market_data.events.strike_date is 'When it is decided, where a moment decides it.';
comment on column market_data.events.strike_period is 'The period it is about, where no moment decides it.';
comment on column market_data.events.body is 'The object as the exchange sent it.';
comment on table market_data.events_history is
'Every state of the exchange''s events that any gatherer fetched, each once.';
comment on column market_data.events_history.ticker is 'The exchange''s name of it.';
comment on column market_data.events_history.body_sha256 is 'Digest of the body.';
comment on column market_data.events_history.updated_time is
'The exchange''s time of the change; null where it tells none.';
comment on column market_data.events_history.fetched_at is
'When the gatherer that brought it fetched it, by that host''s clock.';
comment on column market_data.events_history.body is 'The object as the exchange sent it.';
comment on column market_data.events_history.gatherer_id is 'The gatherer that brought it.';
