create table market_data.orderbook_snapshots (
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
    unique (received_at, market_ticker, clock, levels_sha256, occurrence)
);
create index on market_data.orderbook_snapshots (market_ticker, received_at);
select timeseries.make_time_series('market_data.orderbook_snapshots', 'received_at', interval '1 day');

comment on table market_data.orderbook_snapshots is 'Whole order books as the exchange sent them, each state once.';
comment on column market_data.orderbook_snapshots.received_at is
'When it was first received: the exchange gives snapshots no time.';
comment on column market_data.orderbook_snapshots.market_id is
'The exchange''s id of the market; empty where it does not know the ticker.';
comment on column market_data.orderbook_snapshots.clock is
'The newest change contained; 0 in recordings before it existed.';
comment on column market_data.orderbook_snapshots.levels_sha256 is 'Digest of all levels.';
comment on column market_data.orderbook_snapshots.occurrence is
'Without a clock: counts equal snapshots of a connection from 0; else 0.';
comment on column market_data.orderbook_snapshots.yes_prices is 'Dollars of the YES bids; empty for none.';
comment on column market_data.orderbook_snapshots.yes_sizes is 'Contracts at the price of the same position.';
comment on column market_data.orderbook_snapshots.no_prices is
'Dollars of the NO bids, on the NO scale; empty for none.';
comment on column market_data.orderbook_snapshots.no_sizes is 'Contracts at the price of the same position.';
comment on column market_data.orderbook_snapshots.gatherer_id is 'The gatherer that brought it.';
