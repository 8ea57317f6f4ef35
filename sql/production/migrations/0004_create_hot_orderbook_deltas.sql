create table market_data.hot_orderbook_deltas (
    exchange_ts timestamptz not null,
    market_ticker text collate "C" not null,
    clock bigint not null,
    side text not null check (side in ('yes', 'no')),
    price numeric not null,
    size_delta numeric not null,
    occurrence integer not null,
    received_at timestamptz not null,
    gatherer_id smallint not null,
    time_digits smallint check (time_digits in (0, 3, 6)),
    -- No shorter key identifies a change: the exchange sends hundreds that differ in their occurrence only.
    unique (exchange_ts, market_ticker, clock, side, price, size_delta, occurrence)
);
create index on market_data.hot_orderbook_deltas (market_ticker, exchange_ts);
select timeseries.make_time_series('market_data.hot_orderbook_deltas', 'exchange_ts', interval '1 hour');

comment on table market_data.hot_orderbook_deltas is
'Changes of order-book levels that are not packed yet: read them from market_data.orderbook_deltas.';
comment on column market_data.hot_orderbook_deltas.exchange_ts is
'When the matching engine made the change; see time_digits.';
comment on column market_data.hot_orderbook_deltas.market_ticker is 'The market whose book changed.';
comment on column market_data.hot_orderbook_deltas.clock is
'The exchange''s logical clock of the market; 0 in recordings from before it existed.';
comment on column market_data.hot_orderbook_deltas.side is 'The ladder of bids that changed: yes or no.';
comment on column market_data.hot_orderbook_deltas.price is 'Dollars, on the scale of its own side.';
comment on column market_data.hot_orderbook_deltas.size_delta is 'Change of the resting contracts.';
comment on column market_data.hot_orderbook_deltas.occurrence is 'Counts otherwise equal changes from 0.';
comment on column market_data.hot_orderbook_deltas.received_at is 'When the gatherer in gatherer_id received it.';
comment on column market_data.hot_orderbook_deltas.gatherer_id is 'The gatherer whose row was merged first.';
comment on column market_data.hot_orderbook_deltas.time_digits is
'Decimal places of the second that exchange_ts has: 6, 3 or 0. Null if the exchange sent no time: then exchange_ts is
when it sent the change, else when a gatherer received it.';
