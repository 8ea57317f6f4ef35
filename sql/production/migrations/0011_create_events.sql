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

comment on table market_data.events is 'The exchange''s events, each in its newest known state.';
comment on column market_data.events.ticker is 'The exchange''s name of it.';
comment on column market_data.events.updated_time is
'The exchange''s time of the last change; null if the body has none.';
comment on column market_data.events.fetched_at is 'When a gatherer fetched this state, by that host''s clock.';
comment on column market_data.events.body_sha256 is 'Digest of the body.';
comment on column market_data.events.series_ticker is 'The series to which it belongs.';
comment on column market_data.events.title is 'The question for people.';
comment on column market_data.events.sub_title is 'What distinguishes it within its series.';
comment on column market_data.events.mutually_exclusive is 'Whether only one of its markets can settle as yes.';
comment on column market_data.events.strike_date is 'The time that decides it; null if no single time does.';
comment on column market_data.events.strike_period is 'The period it is about; null if a single time decides it.';
comment on column market_data.events.body is 'The object as the exchange sent it.';
