-- Every trade: hot rows, and those of packed days. A query of one market reads all its packed days;
-- market_data.trades_of reads those of a time only.
-- Reads: market_data.hot_trades, market_data.trades_unpacked
create or replace view market_data.trades as
select
    h.exchange_ts,
    h.trade_id,
    h.market_ticker,
    h.yes_price,
    h.no_price,
    h.size,
    h.taker_side,
    h.is_block_trade,
    h.received_at,
    h.gatherer_id,
    h.time_digits
from market_data.hot_trades as h
union all
select
    u.exchange_ts,
    u.trade_id,
    u.market_ticker,
    u.yes_price,
    u.no_price,
    u.size,
    u.taker_side,
    u.is_block_trade,
    u.received_at,
    u.gatherer_id,
    u.time_digits
from market_data.trades_unpacked as u;

comment on view market_data.trades is
'Every trade, once. To read a time of one market, call market_data.trades_of; to read a time of all markets, call
market_data.trades_during.';
comment on column market_data.trades.exchange_ts is 'When the matching engine traded.';
comment on column market_data.trades.trade_id is
'The exchange''s identity of the trade, the same over WebSocket and REST.';
comment on column market_data.trades.market_ticker is 'The market that was traded.';
comment on column market_data.trades.yes_price is 'Dollars paid for YES, 0 to 1.';
comment on column market_data.trades.no_price is 'Dollars paid for NO, 0 to 1.';
comment on column market_data.trades.size is 'Contracts.';
comment on column market_data.trades.taker_side is
'What the taker bought: yes or no; null if the exchange names no taker.';
comment on column market_data.trades.is_block_trade is
'True for a trade that bypassed the order book; null if the message does not contain it.';
comment on column market_data.trades.received_at is 'When the gatherer in gatherer_id received it.';
comment on column market_data.trades.gatherer_id is 'The gatherer whose row was merged first.';
comment on column market_data.trades.time_digits is
'Decimal places of the second that exchange_ts has: 3 or 0. Null if no gatherer received a time: then exchange_ts is
when it was sent, else when it was received.';
