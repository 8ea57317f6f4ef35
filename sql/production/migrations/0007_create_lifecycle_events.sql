-- Their times on each connection distinguish equal messages: a new connection need not know what came before it.
create table market_data.lifecycle_events (
    seen_at timestamptz not null,
    subject_ticker text collate "C" not null,
    kind text not null,
    payload_sha256 bytea not null,
    payload jsonb not null,
    received_at timestamptz not null,
    gatherer_id smallint not null,
    occurrence integer not null default 0,
    unique (seen_at, subject_ticker, kind, payload_sha256, occurrence)
);
create index on market_data.lifecycle_events (subject_ticker, seen_at);
select timeseries.make_time_series('market_data.lifecycle_events', 'seen_at', interval '30 days');

comment on table market_data.lifecycle_events is 'Changes in the life of markets and events, each message once.';
comment on column market_data.lifecycle_events.seen_at is
'When the exchange sent it; when it was received if the message does not contain that.';
comment on column market_data.lifecycle_events.subject_ticker is
'The ticker of the market, or of the event if the message is about one.';
comment on column market_data.lifecycle_events.kind is
'created, activated, deactivated, close_date_updated, determined, settled, …';
comment on column market_data.lifecycle_events.payload_sha256 is 'Digest of the message body.';
comment on column market_data.lifecycle_events.payload is 'The whole message body.';
comment on column market_data.lifecycle_events.received_at is 'When the gatherer in gatherer_id received it.';
comment on column market_data.lifecycle_events.gatherer_id is 'The gatherer whose row was merged first.';
comment on column market_data.lifecycle_events.occurrence is
'Counts messages of a connection that have all its fields, each within 60 s of the next; more if that is taken.';
