create table market_data.hot_trades (
    exchange_ts timestamptz not null,
    trade_id text collate "C" not null,
    market_ticker text collate "C" not null,
    yes_price numeric not null,
    no_price numeric not null,
    size numeric not null,
    taker_side text check (taker_side in ('yes', 'no')),
    is_block_trade boolean,
    received_at timestamptz not null,
    gatherer_id smallint not null,
    time_digits smallint,
    -- trade_id alone is the identity. Partitioning needs the time in the key, so the merge also searches nearby times.
    unique (exchange_ts, trade_id)
);
create index on market_data.hot_trades (market_ticker, exchange_ts);
select timeseries.make_time_series('market_data.hot_trades', 'exchange_ts', interval '1 day');

comment on table market_data.hot_trades is
'Trades that are not packed yet: read them from market_data.trades.';
comment on column market_data.hot_trades.exchange_ts is 'When the matching engine traded.';
comment on column market_data.hot_trades.trade_id is
'The exchange''s identity of the trade, the same over WebSocket and REST.';
comment on column market_data.hot_trades.market_ticker is 'The market that was traded.';
comment on column market_data.hot_trades.yes_price is 'Dollars paid for YES, 0 to 1.';
comment on column market_data.hot_trades.no_price is 'Dollars paid for NO, 0 to 1.';
comment on column market_data.hot_trades.size is 'Contracts.';
comment on column market_data.hot_trades.taker_side is
'What the taker bought: yes or no; null if the exchange names no taker.';
comment on column market_data.hot_trades.is_block_trade is
'True for a trade that bypassed the order book; null if the message does not contain it.';
comment on column market_data.hot_trades.received_at is 'When the gatherer in gatherer_id received it.';
comment on column market_data.hot_trades.gatherer_id is 'The gatherer whose row was merged first.';
comment on column market_data.hot_trades.time_digits is
'Decimal places of the second that exchange_ts has: 3 or 0. Null if no gatherer received a time: then exchange_ts is
when it was sent, else when it was received.';
