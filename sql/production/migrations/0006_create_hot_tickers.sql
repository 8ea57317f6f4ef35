create table market_data.hot_tickers (
    exchange_ts timestamptz not null,
    market_ticker text collate "C" not null,
    values_sha256 bytea not null,
    market_id text,
    last_price numeric,
    yes_bid numeric,
    yes_ask numeric,
    yes_bid_size numeric,
    yes_ask_size numeric,
    last_trade_size numeric,
    volume numeric,
    open_interest numeric,
    dollar_volume bigint,
    dollar_open_interest bigint,
    received_at timestamptz not null,
    gatherer_id smallint not null,
    time_digits smallint,
    unique (exchange_ts, market_ticker, values_sha256)
);
create index on market_data.hot_tickers (market_ticker, exchange_ts);
select timeseries.make_time_series('market_data.hot_tickers', 'exchange_ts', interval '1 hour');

comment on table market_data.hot_tickers is
'Market summaries that are not packed yet: read them from market_data.tickers.';
comment on column market_data.hot_tickers.exchange_ts is 'The exchange''s time of the state.';
comment on column market_data.hot_tickers.market_ticker is 'The market summed up.';
comment on column market_data.hot_tickers.values_sha256 is
'Digest of all values, of the market''s id and of time_digits.';
comment on column market_data.hot_tickers.market_id is 'The exchange''s id of the market; null if not sent.';
comment on column market_data.hot_tickers.last_price is
'Dollars of the last trade, 0 before the first one; null if not sent.';
comment on column market_data.hot_tickers.yes_bid is
'Dollars of the best YES bid, 0 for an empty side; null if not sent.';
comment on column market_data.hot_tickers.yes_ask is 'Dollars of the best YES ask; null if not sent.';
comment on column market_data.hot_tickers.yes_bid_size is 'Contracts at the best YES bid; null if not sent.';
comment on column market_data.hot_tickers.yes_ask_size is 'Contracts at the best YES ask; null if not sent.';
comment on column market_data.hot_tickers.last_trade_size is 'Contracts of the last trade; null if not sent.';
comment on column market_data.hot_tickers.volume is 'Contracts traded since the market opened; null if not sent.';
comment on column market_data.hot_tickers.open_interest is 'Contracts held; null if not sent.';
comment on column market_data.hot_tickers.dollar_volume is
'Whole dollars traded since the market opened; null if not sent.';
comment on column market_data.hot_tickers.dollar_open_interest is 'Whole dollars held; null if not sent.';
comment on column market_data.hot_tickers.received_at is 'When the gatherer in gatherer_id received it.';
comment on column market_data.hot_tickers.gatherer_id is 'The gatherer whose row was merged first.';
comment on column market_data.hot_tickers.time_digits is
'Decimal places of the second that exchange_ts has: 3 or 0. Null if no gatherer received a time: then exchange_ts is
when it was sent, else when it was received.';
