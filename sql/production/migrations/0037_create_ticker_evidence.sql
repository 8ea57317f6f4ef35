create table ops.ticker_evidence (
    market_ticker text collate "C" not null,
    exchange_ts timestamptz not null,
    time_digits smallint not null,
    labels jsonb not null,
    received_at timestamptz not null,
    gatherer_id smallint not null
);
create index on ops.ticker_evidence (market_ticker, exchange_ts);

comment on table ops.ticker_evidence is
'Market summaries as they were received, of each time of which market_data.tickers holds rows joined of several. '
'Without them, the result would depend on the order in which rows come.';
comment on column ops.ticker_evidence.market_ticker is 'The market summed up.';
comment on column ops.ticker_evidence.exchange_ts is 'As in market_data.tickers.';
comment on column ops.ticker_evidence.time_digits is 'As in market_data.tickers.';
comment on column ops.ticker_evidence.labels is 'The fields that the row has.';
comment on column ops.ticker_evidence.received_at is 'When the gatherer in gatherer_id received it.';
comment on column ops.ticker_evidence.gatherer_id is 'The gatherer whose row was merged first.';
