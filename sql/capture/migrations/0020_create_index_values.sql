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
comment on column capture.index_values.source_ts is
'The time inside the upstream frame; the exchange''s own where that has none.';
comment on column capture.index_values.frame_number is 'The frame''s number in the frame log.';
comment on column capture.index_values.index_id is 'BRTI, ETHUSD_RTI, …';
comment on column capture.index_values.published_at is 'When the exchange received the value.';
comment on column capture.index_values.value is 'Dollars, exactly as sent.';
comment on column capture.index_values.average_60s is 'Dollars; null where not sent.';
comment on column capture.index_values.average_15min is
'Dollars; sent in the last minute of a quarter of an hour only.';
comment on column capture.index_values.payload is 'The whole message body.';
