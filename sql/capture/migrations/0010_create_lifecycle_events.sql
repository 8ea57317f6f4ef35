create table capture.lifecycle_events (
    ingest_xid xid8 not null default pg_current_xact_id(),
    received_at timestamptz not null,
    sent_at timestamptz,
    connection_id integer,
    sid integer,
    seq bigint,
    subject_ticker text collate "C" not null,
    kind text not null,
    payload jsonb not null
);
create index on capture.lifecycle_events (ingest_xid);
select timeseries.make_time_series('capture.lifecycle_events', 'received_at', interval '1 day');

comment on table capture.lifecycle_events is 'What became of markets and events, as this gatherer received it.';
comment on column capture.lifecycle_events.subject_ticker is
'The market''s ticker, or the event''s where the message is about one.';
comment on column capture.lifecycle_events.kind is 'event_type of a market''s message, else the type of the message.';
comment on column capture.lifecycle_events.payload is 'The whole message body.';
