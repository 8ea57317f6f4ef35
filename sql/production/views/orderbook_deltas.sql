-- Every change of an order-book level: hot rows, and those of packed hours. A query of one market reads all its packed
-- hours; market_data.deltas reads those of a time only.
-- Reads: market_data.hot_orderbook_deltas, market_data.deltas_unpacked
create or replace view market_data.orderbook_deltas as
select
    h.exchange_ts,
    h.market_ticker,
    h.clock,
    h.side,
    h.price,
    h.size_delta,
    h.occurrence,
    h.received_at,
    h.gatherer_id,
    h.time_digits
from market_data.hot_orderbook_deltas as h
union all
select
    u.exchange_ts,
    u.market_ticker,
    u.clock,
    u.side,
    u.price,
    u.size_delta,
    u.occurrence,
    u.received_at,
    u.gatherer_id,
    u.time_digits
from market_data.deltas_unpacked as u;

comment on view market_data.orderbook_deltas is
'Every change of an order-book level, as often as it happened. To read a time of one market, call market_data.deltas; '
'to read a time of all markets, call market_data.deltas_during.';
comment on column market_data.orderbook_deltas.exchange_ts is
'When the matching engine made the change; see time_digits.';
comment on column market_data.orderbook_deltas.market_ticker is 'The market whose book changed.';
comment on column market_data.orderbook_deltas.clock is
'The exchange''s logical clock of the market; 0 in recordings from before it existed.';
comment on column market_data.orderbook_deltas.side is 'The ladder of bids that changed: yes or no.';
comment on column market_data.orderbook_deltas.price is 'Dollars, on the scale of its own side.';
comment on column market_data.orderbook_deltas.size_delta is 'Change of the resting contracts.';
comment on column market_data.orderbook_deltas.occurrence is 'Counts otherwise equal changes from 0.';
comment on column market_data.orderbook_deltas.received_at is 'When the gatherer in gatherer_id received it.';
comment on column market_data.orderbook_deltas.gatherer_id is 'The gatherer whose row was merged first.';
comment on column market_data.orderbook_deltas.time_digits is
'Decimal places of the second that exchange_ts has: 6, 3 or 0. Null if the exchange sent no time: then exchange_ts is
when it sent the change, else when a gatherer received it.';
