create table capture.tickers (
    ingest_xid xid8 not null default pg_current_xact_id(),
    received_at timestamptz not null,
    sent_at timestamptz,
    exchange_ts timestamptz not null,
    connection_id integer,
    sid integer,
    market_ticker text collate "C" not null,
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
    dollar_open_interest bigint
);
create index on capture.tickers (ingest_xid);
select timeseries.make_time_series('capture.tickers', 'received_at', interval '1 day');

comment on table capture.tickers is
'Market summaries as this gatherer received them; the channel may leave states out.';
comment on column capture.tickers.last_price is 'Dollars of the last trade, 0 if there was none; null where not sent.';
comment on column capture.tickers.yes_bid is 'Dollars of the best YES bid, 0 for an empty side.';
comment on column capture.tickers.volume is 'Contracts traded since the market opened.';
comment on column capture.tickers.dollar_volume is 'Whole dollars.';
