-- Every order-book snapshot: hot rows, and those of packed days. A query of one market reads all its packed days;
-- market_data.snapshots_of reads those of a time only.
-- Reads: market_data.hot_orderbook_snapshots, market_data.snapshots_unpacked
create or replace view market_data.orderbook_snapshots as
select
    h.received_at,
    h.market_ticker,
    h.market_id,
    h.clock,
    h.levels_sha256,
    h.occurrence,
    h.yes_prices,
    h.yes_sizes,
    h.no_prices,
    h.no_sizes,
    h.gatherer_id,
    h.last_change_at
from market_data.hot_orderbook_snapshots as h
union all
select
    u.received_at,
    u.market_ticker,
    u.market_id,
    u.clock,
    u.levels_sha256,
    u.occurrence,
    u.yes_prices,
    u.yes_sizes,
    u.no_prices,
    u.no_sizes,
    u.gatherer_id,
    u.last_change_at
from market_data.snapshots_unpacked as u;

comment on view market_data.orderbook_snapshots is
'Whole order books as the exchange sent them, each state once. To read a time of one market, call
market_data.snapshots_of; to read a time of all markets, call market_data.snapshots_during.';
comment on column market_data.orderbook_snapshots.received_at is
'When it was first received: the exchange gives snapshots no time.';
comment on column market_data.orderbook_snapshots.market_ticker is 'The market whose book it is.';
comment on column market_data.orderbook_snapshots.market_id is
'The exchange''s id of the market; empty if the exchange does not know the ticker.';
comment on column market_data.orderbook_snapshots.clock is
'The clock of the newest change contained; 0 if the market never changed, and in recordings from before it existed.';
comment on column market_data.orderbook_snapshots.levels_sha256 is 'Digest of all levels.';
comment on column market_data.orderbook_snapshots.occurrence is
'0 if the message has a clock; else counts equal snapshots of a connection from 1.';
comment on column market_data.orderbook_snapshots.yes_prices is 'Dollars of the YES bids; empty if there are none.';
comment on column market_data.orderbook_snapshots.yes_sizes is 'Contracts at the YES price of the same position.';
comment on column market_data.orderbook_snapshots.no_prices is
'Dollars of the NO bids, on the NO scale; empty if there are none.';
comment on column market_data.orderbook_snapshots.no_sizes is 'Contracts at the NO price of the same position.';
comment on column market_data.orderbook_snapshots.gatherer_id is 'The gatherer whose row was merged first.';
comment on column market_data.orderbook_snapshots.last_change_at is
'The exchange''s time, cut to milliseconds, of the newest change of this market that the gatherer received before it on
the same subscription; null if none is known.';
