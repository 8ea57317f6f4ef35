create table market_data.hot_orderbook_snapshots (
    received_at timestamptz not null,
    market_ticker text collate "C" not null,
    market_id text not null,
    clock bigint not null,
    levels_sha256 bytea not null,
    occurrence integer not null,
    yes_prices numeric[] not null,
    yes_sizes numeric[] not null,
    no_prices numeric[] not null,
    no_sizes numeric[] not null,
    gatherer_id smallint not null,
    last_change_at timestamptz,
    unique (received_at, market_ticker, clock, levels_sha256, occurrence, last_change_at)
);
create index on market_data.hot_orderbook_snapshots (market_ticker, received_at);
select timeseries.make_time_series('market_data.hot_orderbook_snapshots', 'received_at', interval '1 day');

comment on table market_data.hot_orderbook_snapshots is
'Whole order books that are not packed yet: read them from market_data.orderbook_snapshots.';
comment on column market_data.hot_orderbook_snapshots.received_at is
'When it was first received: the exchange gives snapshots no time.';
comment on column market_data.hot_orderbook_snapshots.market_ticker is 'The market whose book it is.';
comment on column market_data.hot_orderbook_snapshots.market_id is
'The exchange''s id of the market; empty if the exchange does not know the ticker.';
-- A snapshot without a clock differs from one of a market that never changed, whose clock is 0: see occurrence.
comment on column market_data.hot_orderbook_snapshots.clock is
'The clock of the newest change contained; 0 if the market never changed, and in recordings from before it existed.';
comment on column market_data.hot_orderbook_snapshots.levels_sha256 is 'Digest of all levels.';
comment on column market_data.hot_orderbook_snapshots.occurrence is
'0 if the message has a clock; else counts equal snapshots of a connection from 1.';
comment on column market_data.hot_orderbook_snapshots.yes_prices is 'Dollars of the YES bids; empty if there are none.';
comment on column market_data.hot_orderbook_snapshots.yes_sizes is 'Contracts at the YES price of the same position.';
comment on column market_data.hot_orderbook_snapshots.no_prices is
'Dollars of the NO bids, on the NO scale; empty if there are none.';
comment on column market_data.hot_orderbook_snapshots.no_sizes is 'Contracts at the NO price of the same position.';
comment on column market_data.hot_orderbook_snapshots.gatherer_id is 'The gatherer whose row was merged first.';
comment on column market_data.hot_orderbook_snapshots.last_change_at is
'The exchange''s time, cut to milliseconds, of the newest change of this market that the gatherer received before it on
the same subscription; null if none is known.';
