create table market_data.packed_orderbook_snapshots (
    day timestamptz not null,
    market_ticker text collate "C" not null,
    row_count integer not null,
    market_id text not null,
    price_scale smallint not null,
    size_scale smallint not null,
    first_at timestamptz not null,
    gatherer_id smallint not null,
    times timestamptz[] not null,
    clocks bigint[] not null,
    digests bytea[] not null,
    occurrences integer[],
    last_changes timestamptz[],
    gatherer_ids smallint[],
    yes_ends integer[] not null,
    no_ends integer[] not null,
    prices smallint[] not null,
    sizes integer[] not null,
    exact_rows jsonb
);
create index on market_data.packed_orderbook_snapshots (market_ticker, day);
select timeseries.make_time_series('market_data.packed_orderbook_snapshots', 'day', interval '1 day');

comment on table market_data.packed_orderbook_snapshots is
'Order-book snapshots of days (UTC) that are over, many in one row: read them from market_data.orderbook_snapshots. '
'ops.pack_snapshots writes the rows, market_data.snapshots_unpacked reads them.';
comment on column market_data.packed_orderbook_snapshots.day is 'When the day begins in which the snapshots lie.';
comment on column market_data.packed_orderbook_snapshots.market_ticker is 'The market whose book it is.';
comment on column market_data.packed_orderbook_snapshots.row_count is 'How many snapshots this row holds.';
comment on column market_data.packed_orderbook_snapshots.market_id is
'As in market_data.orderbook_snapshots, the same for all snapshots.';
comment on column market_data.packed_orderbook_snapshots.price_scale is 'Decimal places of all prices, 0 to 4.';
comment on column market_data.packed_orderbook_snapshots.size_scale is 'Decimal places of all sizes, 0 to 4.';
comment on column market_data.packed_orderbook_snapshots.first_at is 'The first of the times, exact rows included.';
comment on column market_data.packed_orderbook_snapshots.gatherer_id is
'The gatherer of all snapshots if gatherer_ids is null.';
comment on column market_data.packed_orderbook_snapshots.times is 'Of each snapshot in the order of time: received_at.';
comment on column market_data.packed_orderbook_snapshots.clocks is 'As in market_data.orderbook_snapshots.';
comment on column market_data.packed_orderbook_snapshots.digests is 'levels_sha256 of each.';
comment on column market_data.packed_orderbook_snapshots.occurrences is
'As in market_data.orderbook_snapshots; null if all are 0.';
comment on column market_data.packed_orderbook_snapshots.last_changes is
'last_change_at of each; null if all are null.';
comment on column market_data.packed_orderbook_snapshots.gatherer_ids is
'As in market_data.orderbook_snapshots; null if all are gatherer_id.';
comment on column market_data.packed_orderbook_snapshots.yes_ends is
'At which place of prices and sizes the YES bids of each end. They begin after the NO bids of the one before.';
comment on column market_data.packed_orderbook_snapshots.no_ends is
'At which place the NO bids of each end, which follow the YES bids.';
comment on column market_data.packed_orderbook_snapshots.prices is 'Prices in units of their last place.';
comment on column market_data.packed_orderbook_snapshots.sizes is 'Sizes in units of their last place.';
comment on column market_data.packed_orderbook_snapshots.exact_rows is
'Snapshots that the arrays cannot hold, whole; then the arrays are empty.';
