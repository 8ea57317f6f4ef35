create table market_data.packed_orderbook_deltas (
    hour timestamptz not null,
    market_ticker text collate "C" not null,
    row_count integer not null,
    time_digits smallint,
    price_scale smallint not null,
    size_scale smallint not null,
    lowest_clock bigint not null,
    shortest_delay integer not null,
    gatherer_id smallint not null,
    moments integer[] not null,
    clock_steps integer[],
    prices smallint[] not null,
    sizes integer[] not null,
    low_delays smallint[] not null,
    high_delays smallint[],
    occurrences integer[],
    gatherer_ids smallint[],
    exact_rows jsonb
);
create index on market_data.packed_orderbook_deltas (market_ticker, hour);
select timeseries.make_time_series('market_data.packed_orderbook_deltas', 'hour', interval '1 day');

comment on table market_data.packed_orderbook_deltas is
'Changes of order-book levels of hours that are over, many in one row: read them from market_data.orderbook_deltas. '
'ops.pack_deltas writes the rows, market_data.deltas_unpacked reads them.';
comment on column market_data.packed_orderbook_deltas.hour is 'The hour in which the changes lie.';
comment on column market_data.packed_orderbook_deltas.market_ticker is 'The market whose book changed.';
comment on column market_data.packed_orderbook_deltas.row_count is 'How many changes this row holds.';
comment on column market_data.packed_orderbook_deltas.time_digits is
'As in market_data.orderbook_deltas, the same for all changes.';
comment on column market_data.packed_orderbook_deltas.price_scale is 'Decimal places of all prices, 0 to 4.';
comment on column market_data.packed_orderbook_deltas.size_scale is 'Decimal places of all sizes, 0 to 4.';
comment on column market_data.packed_orderbook_deltas.lowest_clock is 'The lowest clock of the changes.';
comment on column market_data.packed_orderbook_deltas.shortest_delay is
'Microseconds from exchange_ts to received_at, of the change with the fewest.';
comment on column market_data.packed_orderbook_deltas.gatherer_id is
'The gatherer of all changes if gatherer_ids is null.';
comment on column market_data.packed_orderbook_deltas.moments is
'Of each change in the order of time: exchange_ts in microseconds since the hour began, less 2^31.';
comment on column market_data.packed_orderbook_deltas.clock_steps is
'By how much each clock differs from the one before, the first from lowest_clock; null if all are the lowest.';
comment on column market_data.packed_orderbook_deltas.prices is
'Prices in units of their last place, times 2, plus 1 for the side no.';
comment on column market_data.packed_orderbook_deltas.sizes is 'Sizes in units of their last place.';
comment on column market_data.packed_orderbook_deltas.low_delays is
'Delays over the shortest in microseconds: the lowest 16 bits, less 2^15.';
comment on column market_data.packed_orderbook_deltas.high_delays is 'The bits above; null if all are 0.';
comment on column market_data.packed_orderbook_deltas.occurrences is
'As in market_data.orderbook_deltas; null if all are 0.';
comment on column market_data.packed_orderbook_deltas.gatherer_ids is
'As in market_data.orderbook_deltas; null if all are gatherer_id.';
comment on column market_data.packed_orderbook_deltas.exact_rows is
'Changes that the arrays cannot hold, whole; then the arrays are empty.';
