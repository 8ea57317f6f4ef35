create table ops.delta_evidence (
    exchange_ts timestamptz not null,
    market_ticker text collate "C" not null,
    side text not null,
    price numeric not null,
    size_delta numeric not null,
    clock bigint not null,
    time_digits smallint not null,
    began_at timestamptz not null,
    change_count integer not null,
    received_at timestamptz not null,
    gatherer_id smallint not null,
    unique (exchange_ts, market_ticker, clock, side, price, size_delta, time_digits, began_at)
);
create index on ops.delta_evidence (market_ticker, side, price, size_delta, exchange_ts);
select timeseries.make_time_series('ops.delta_evidence', 'exchange_ts', interval '1 hour');

comment on table ops.delta_evidence is
'What gatherers received of changes that they saw with different labels: at least change_count changes of this market, '
'side, price and size lie in a window of time, and have this clock if it is not 0.';
comment on column ops.delta_evidence.exchange_ts is
'As in market_data.orderbook_deltas; the window follows from it.';
comment on column ops.delta_evidence.market_ticker is 'The market whose book changed.';
comment on column ops.delta_evidence.side is 'The ladder of bids that changed: yes or no.';
comment on column ops.delta_evidence.price is 'Dollars, on the scale of its own side.';
comment on column ops.delta_evidence.size_delta is 'Change of the resting contracts.';
comment on column ops.delta_evidence.clock is 'The clock of the changes; 0 for any.';
comment on column ops.delta_evidence.time_digits is
'Decimal places of the second that exchange_ts has: the window is that microsecond, millisecond or second. -1 if the '
'exchange sent no time: then the window is from 5 s before began_at to 5 s after exchange_ts.';
comment on column ops.delta_evidence.began_at is
'When the burst began, if the exchange sent no time; else exchange_ts.';
comment on column ops.delta_evidence.change_count is 'The most changes that one gatherer received there.';
comment on column ops.delta_evidence.received_at is 'When that gatherer received the last of them.';
comment on column ops.delta_evidence.gatherer_id is 'That gatherer.';
