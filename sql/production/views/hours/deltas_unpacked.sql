-- The order-book changes that packed rows hold, exactly as they were before they were packed, with the hour of each. A
-- condition on the hour and the market decides which packed rows are read.
-- Reads: market_data.packed_orderbook_deltas
create or replace view market_data.deltas_unpacked as
select
    p.hour,
    u.exchange_ts,
    p.market_ticker,
    u.clock,
    u.side,
    u.price,
    u.size_delta,
    u.occurrence,
    u.received_at,
    u.gatherer_id,
    u.time_digits
from market_data.packed_orderbook_deltas as p
cross join lateral market_data.unpacked_deltas(p, '-infinity', 'infinity') as u;

comment on view market_data.deltas_unpacked is
'The changes of packed hours; market_data.orderbook_deltas shows them together with those that are not packed.';
comment on column market_data.deltas_unpacked.hour is 'The hour in which the change lies.';
comment on column market_data.deltas_unpacked.exchange_ts is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.market_ticker is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.clock is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.side is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.price is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.size_delta is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.occurrence is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.received_at is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.gatherer_id is 'As in market_data.orderbook_deltas.';
comment on column market_data.deltas_unpacked.time_digits is 'As in market_data.orderbook_deltas.';
