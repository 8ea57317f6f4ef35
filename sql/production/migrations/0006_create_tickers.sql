create table market_data.tickers (
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
    unique (exchange_ts, market_ticker, values_sha256)
);
create index on market_data.tickers (market_ticker, exchange_ts);
select timeseries.make_time_series('market_data.tickers', 'exchange_ts', interval '1 day');

comment on table market_data.tickers is
'Every market summary any gatherer received, once; the exchange may leave states out.';
comment on column market_data.tickers.exchange_ts is 'The exchange''s time of the state.';
comment on column market_data.tickers.values_sha256 is 'Digest of all values.';
comment on column market_data.tickers.last_price is
'Dollars of the last trade, 0 before the first; null where not sent.';
comment on column market_data.tickers.yes_bid is 'Dollars of the best YES bid, 0 for an empty side.';
comment on column market_data.tickers.yes_ask is 'Dollars of the best YES ask.';
comment on column market_data.tickers.volume is 'Contracts traded since the market opened.';
comment on column market_data.tickers.open_interest is 'Contracts held.';
comment on column market_data.tickers.dollar_volume is 'Whole dollars.';
comment on column market_data.tickers.received_at is 'When the gatherer that brought it received it.';
comment on column market_data.tickers.gatherer_id is 'The gatherer that brought it.';
