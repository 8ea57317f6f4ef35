create table market_data.index_values (
    source_ts timestamptz not null,
    index_id text collate "C" not null,
    published_at timestamptz not null,
    value numeric not null,
    average_60s numeric,
    average_15min numeric,
    payload jsonb not null,
    received_at timestamptz not null,
    gatherer_id smallint not null,
    unique (source_ts, index_id)
);
create index on market_data.index_values (index_id, source_ts);
select timeseries.make_time_series('market_data.index_values', 'source_ts', interval '30 days');

comment on table market_data.index_values is 'Values of the indices by which markets settle, each once.';
comment on column market_data.index_values.source_ts is
'The time inside the upstream frame; the exchange''s own time if that has none.';
comment on column market_data.index_values.index_id is 'The index: BRTI, ETHUSD_RTI, …';
comment on column market_data.index_values.published_at is 'When the exchange received the value.';
comment on column market_data.index_values.value is 'Dollars, exactly as sent.';
comment on column market_data.index_values.average_60s is
'Dollars: the average over the last 60 s; null if not sent.';
comment on column market_data.index_values.average_15min is
'Dollars: the average of the last minute of a quarter of an hour; null outside that minute.';
comment on column market_data.index_values.payload is 'The whole message body.';
comment on column market_data.index_values.received_at is 'When the gatherer in gatherer_id received it.';
comment on column market_data.index_values.gatherer_id is 'The gatherer whose row was merged first.';
