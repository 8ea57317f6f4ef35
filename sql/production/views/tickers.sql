-- Every market summary: hot rows, and those of packed hours. A query of one market reads all its packed hours;
-- market_data.tickers_of reads those of a time only.
-- Reads: market_data.hot_tickers, market_data.tickers_unpacked
create or replace view market_data.tickers as
select
    h.exchange_ts,
    h.market_ticker,
    h.values_sha256,
    h.market_id,
    h.last_price,
    h.yes_bid,
    h.yes_ask,
    h.yes_bid_size,
    h.yes_ask_size,
    h.last_trade_size,
    h.volume,
    h.open_interest,
    h.dollar_volume,
    h.dollar_open_interest,
    h.received_at,
    h.gatherer_id,
    h.time_digits
from market_data.hot_tickers as h
union all
select
    u.exchange_ts,
    u.market_ticker,
    u.values_sha256,
    u.market_id,
    u.last_price,
    u.yes_bid,
    u.yes_ask,
    u.yes_bid_size,
    u.yes_ask_size,
    u.last_trade_size,
    u.volume,
    u.open_interest,
    u.dollar_volume,
    u.dollar_open_interest,
    u.received_at,
    u.gatherer_id,
    u.time_digits
from market_data.tickers_unpacked as u;

comment on view market_data.tickers is
'Every market summary that any gatherer received, once; the exchange may omit states. To read a time of one market, '
'call market_data.tickers_of; to read a time of all markets, call market_data.tickers_during.';
comment on column market_data.tickers.exchange_ts is 'The exchange''s time of the state.';
comment on column market_data.tickers.market_ticker is 'The market summed up.';
comment on column market_data.tickers.values_sha256 is 'Digest of all values, of the market''s id and of time_digits.';
comment on column market_data.tickers.market_id is 'The exchange''s id of the market; null if not sent.';
comment on column market_data.tickers.last_price is
'Dollars of the last trade, 0 before the first one; null if not sent.';
comment on column market_data.tickers.yes_bid is 'Dollars of the best YES bid, 0 for an empty side; null if not sent.';
comment on column market_data.tickers.yes_ask is 'Dollars of the best YES ask; null if not sent.';
comment on column market_data.tickers.yes_bid_size is 'Contracts at the best YES bid; null if not sent.';
comment on column market_data.tickers.yes_ask_size is 'Contracts at the best YES ask; null if not sent.';
comment on column market_data.tickers.last_trade_size is 'Contracts of the last trade; null if not sent.';
comment on column market_data.tickers.volume is 'Contracts traded since the market opened; null if not sent.';
comment on column market_data.tickers.open_interest is 'Contracts held; null if not sent.';
comment on column market_data.tickers.dollar_volume is
'Whole dollars traded since the market opened; null if not sent.';
comment on column market_data.tickers.dollar_open_interest is 'Whole dollars held; null if not sent.';
comment on column market_data.tickers.received_at is 'When the gatherer in gatherer_id received it.';
comment on column market_data.tickers.gatherer_id is 'The gatherer whose row was merged first.';
comment on column market_data.tickers.time_digits is
'Decimal places of the second that exchange_ts has: 3 or 0. Null if no gatherer received a time: then exchange_ts is
when it was sent, else when it was received.';
