create table capture.index_values (
    ingest_xid xid8 not null default pg_current_xact_id(),
    received_at timestamptz not null,
    sent_at timestamptz,
    source_ts timestamptz not null,
    connection_id bigint,
    sid integer,
    seq bigint,
    frame_number bigint,
    index_id text collate "C" not null,
    published_at timestamptz not null,
    value numeric not null,
    average_60s numeric,
    average_15min numeric,
    payload jsonb not null
);
create index on capture.index_values (ingest_xid);
select timeseries.make_time_series('capture.index_values', 'received_at', interval '1 day');

comment on table capture.index_values is 'Values of indices as this gatherer received them, append-only.';
comment on column capture.index_values.ingest_xid is
'The transaction that wrote the row; readers take whole transactions.';
comment on column capture.index_values.received_at is 'When the frame left the socket, by this host''s clock.';
comment on column capture.index_values.sent_at is 'The message''s sending_ts_ms; null if it has none.';
comment on column capture.index_values.source_ts is
'The time inside the upstream frame; the exchange''s own time if that has none.';
comment on column capture.index_values.connection_id is 'The connection it came on.';
comment on column capture.index_values.sid is 'The subscription it came on.';
comment on column capture.index_values.seq is 'Its sequence number in the subscription.';
comment on column capture.index_values.frame_number is 'The frame''s number in the frame log.';
comment on column capture.index_values.index_id is 'The index: BRTI, ETHUSD_RTI, …';
comment on column capture.index_values.published_at is 'When the exchange received the value.';
comment on column capture.index_values.value is 'Dollars, exactly as sent.';
comment on column capture.index_values.average_60s is 'Dollars: the average over the last 60 s; null if not sent.';
comment on column capture.index_values.average_15min is
'Dollars: the average of the last minute of a quarter of an hour; null outside that minute.';
comment on column capture.index_values.payload is 'The whole message body.';
