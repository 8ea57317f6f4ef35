create table market_data.packed_trades (
    day timestamptz not null,
    market_ticker text collate "C" not null,
    row_count integer not null,
    time_digits smallint,
    is_block_trade boolean,
    has_taker_side boolean not null,
    price_scale smallint not null,
    size_scale smallint not null,
    gatherer_id smallint not null,
    trade_ids uuid[] not null,
    moments integer[] not null,
    microseconds smallint[],
    prices smallint[] not null,
    sizes integer[] not null,
    delays bigint[] not null,
    gatherer_ids smallint[],
    exact_rows jsonb
);
create index on market_data.packed_trades (market_ticker, day);
select timeseries.make_time_series('market_data.packed_trades', 'day', interval '30 days');

comment on table market_data.packed_trades is
'Trades of days (UTC) that are over, many in one row: read them from market_data.trades. ops.pack_trades writes the '
'rows, market_data.trades_unpacked reads them.';
comment on column market_data.packed_trades.day is 'When the day begins in which the trades lie.';
comment on column market_data.packed_trades.market_ticker is 'The market that was traded.';
comment on column market_data.packed_trades.row_count is 'How many trades this row holds.';
comment on column market_data.packed_trades.time_digits is 'As in market_data.trades, the same for all trades.';
comment on column market_data.packed_trades.is_block_trade is 'As in market_data.trades, the same for all trades.';
comment on column market_data.packed_trades.has_taker_side is 'Whether the exchange names a taker, in all trades.';
comment on column market_data.packed_trades.price_scale is 'Decimal places of all prices, 0 to 4.';
comment on column market_data.packed_trades.size_scale is 'Decimal places of all sizes, 0 to 4.';
comment on column market_data.packed_trades.gatherer_id is 'The gatherer of all trades if gatherer_ids is null.';
comment on column market_data.packed_trades.trade_ids is 'Of each trade in the order of time: its identity.';
comment on column market_data.packed_trades.moments is 'exchange_ts in milliseconds since the day began.';
comment on column market_data.packed_trades.microseconds is
'Microseconds that come after the milliseconds; null if all are 0.';
comment on column market_data.packed_trades.prices is
'yes_price in units of its last place, times 2, plus 1 if the taker bought no; no_price is what is left of a dollar.';
comment on column market_data.packed_trades.sizes is 'Sizes in units of their last place.';
comment on column market_data.packed_trades.delays is 'Microseconds from exchange_ts to received_at.';
comment on column market_data.packed_trades.gatherer_ids is 'As in market_data.trades; null if all are gatherer_id.';
comment on column market_data.packed_trades.exact_rows is
'Trades that the arrays cannot hold, whole; then the arrays are empty.';
