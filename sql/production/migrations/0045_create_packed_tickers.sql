create table market_data.packed_tickers (
    hour timestamptz not null,
    market_ticker text collate "C" not null,
    row_count integer not null,
    time_digits smallint,
    market_id text,
    scales smallint[] not null,
    lowest bigint[] not null,
    moment_digits smallint not null,
    shortest_delay integer not null,
    gatherer_id smallint not null,
    low_moments smallint[] not null,
    high_moments smallint[] not null,
    low_delays smallint[] not null,
    high_delays smallint[],
    last_prices smallint[],
    yes_bids smallint[],
    yes_asks smallint[],
    yes_bid_sizes integer[],
    yes_ask_sizes integer[],
    last_trade_sizes integer[],
    volume_steps integer[],
    open_interest_steps integer[],
    dollar_volume_steps integer[],
    dollar_open_interest_steps integer[],
    gatherer_ids smallint[],
    exact_rows jsonb
);
create index on market_data.packed_tickers (market_ticker, hour);
select timeseries.make_time_series('market_data.packed_tickers', 'hour', interval '1 day');

comment on table market_data.packed_tickers is
'Market summaries of hours that are over, many in one row: read them from market_data.tickers. ops.pack_tickers writes '
'the rows, market_data.tickers_unpacked reads them.';
comment on column market_data.packed_tickers.hour is 'The hour in which the summaries lie.';
comment on column market_data.packed_tickers.market_ticker is 'The market summed up.';
comment on column market_data.packed_tickers.row_count is 'How many summaries this row holds.';
comment on column market_data.packed_tickers.time_digits is 'As in market_data.tickers, the same for all summaries.';
comment on column market_data.packed_tickers.market_id is 'As in market_data.tickers, the same for all summaries.';
comment on column market_data.packed_tickers.scales is
'Decimal places of each value, 0 to 4, in the order last_price, yes_bid, yes_ask, yes_bid_size, yes_ask_size, '
'last_trade_size, volume, open_interest, dollar_volume, dollar_open_interest; null if it is null in all of them.';
comment on column market_data.packed_tickers.lowest is
'The lowest of each value in units of its last place, in the same order.';
comment on column market_data.packed_tickers.moment_digits is
'Decimal places of the second of all moments, 3 or 6; not always time_digits.';
comment on column market_data.packed_tickers.shortest_delay is
'Microseconds from exchange_ts to received_at, of the summary with the fewest.';
comment on column market_data.packed_tickers.gatherer_id is 'The gatherer of all summaries if gatherer_ids is null.';
comment on column market_data.packed_tickers.low_moments is
'Of each summary in the order of time: exchange_ts in units of the moments since the hour began, the lowest 16 bits, '
'less 2^15.';
comment on column market_data.packed_tickers.high_moments is 'The bits above, less 2^15.';
comment on column market_data.packed_tickers.low_delays is
'Delays over the shortest in microseconds: the lowest 16 bits, less 2^15.';
comment on column market_data.packed_tickers.high_delays is 'The bits above; null if all are 0.';
comment on column market_data.packed_tickers.last_prices is
'By how much each value is above the lowest, in units; null if all are the lowest, or null.';
comment on column market_data.packed_tickers.yes_bids is 'As last_prices.';
comment on column market_data.packed_tickers.yes_asks is 'As last_prices.';
comment on column market_data.packed_tickers.yes_bid_sizes is 'As last_prices.';
comment on column market_data.packed_tickers.yes_ask_sizes is 'As last_prices.';
comment on column market_data.packed_tickers.last_trade_sizes is 'As last_prices.';
comment on column market_data.packed_tickers.volume_steps is
'By how much each value differs from the one before, the first from the lowest; null if all are the lowest, or null.';
comment on column market_data.packed_tickers.open_interest_steps is 'As volume_steps.';
comment on column market_data.packed_tickers.dollar_volume_steps is 'As volume_steps.';
comment on column market_data.packed_tickers.dollar_open_interest_steps is 'As volume_steps.';
comment on column market_data.packed_tickers.gatherer_ids is
'As in market_data.tickers; null if all are gatherer_id.';
comment on column market_data.packed_tickers.exact_rows is
'Summaries that the arrays cannot hold, whole; then the arrays are empty.';
