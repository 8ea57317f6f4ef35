create table capture.lifecycle_events (
    ingest_xid xid8 not null default pg_current_xact_id(),
    received_at timestamptz not null,
    sent_at timestamptz,
    connection_id bigint,
    sid integer,
    seq bigint,
    frame_number bigint,
    subject_ticker text collate "C" not null,
    kind text not null,
    payload jsonb not null,
    occurrence integer not null default 0,
    earlier_at timestamptz[] not null default '{}'
);
create index on capture.lifecycle_events (ingest_xid);
select timeseries.make_time_series('capture.lifecycle_events', 'received_at', interval '1 day');

comment on table capture.lifecycle_events is
'Changes in the life of markets and events, as this gatherer received them, append-only.';
comment on column capture.lifecycle_events.ingest_xid is
'The transaction that wrote the row; readers take whole transactions.';
comment on column capture.lifecycle_events.received_at is 'When the frame left the socket, by this host''s clock.';
comment on column capture.lifecycle_events.sent_at is 'The message''s sending_ts_ms; null if it has none.';
comment on column capture.lifecycle_events.connection_id is 'The connection it came on.';
comment on column capture.lifecycle_events.sid is 'The subscription it came on.';
comment on column capture.lifecycle_events.seq is 'Its sequence number in the subscription.';
comment on column capture.lifecycle_events.frame_number is 'The frame''s number in the frame log.';
comment on column capture.lifecycle_events.subject_ticker is
'The ticker of the market, or of the event if the message is about one.';
comment on column capture.lifecycle_events.kind is 'For a market, the message''s event_type; else the message''s type.';
comment on column capture.lifecycle_events.payload is 'The whole message body.';
comment on column capture.lifecycle_events.occurrence is
'Number of messages before this one on its connection that have all of its fields, each within 60 s of the next.';
comment on column capture.lifecycle_events.earlier_at is
'When the last 15 of these messages before it were sent, or received if they do not contain that; oldest first.';
