create table capture.tickers (
    ingest_xid xid8 not null default pg_current_xact_id(),
    received_at timestamptz not null,
    sent_at timestamptz,
    exchange_ts timestamptz not null,
    connection_id bigint,
    sid integer,
    frame_number bigint,
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
    dollar_open_interest bigint,
    time_digits smallint
);
create index on capture.tickers (ingest_xid);
select timeseries.make_time_series('capture.tickers', 'received_at', interval '1 hour');

comment on table capture.tickers is
'Market summaries as this gatherer received them, append-only; the channel may omit states.';
comment on column capture.tickers.ingest_xid is 'The transaction that wrote the row; readers take whole transactions.';
comment on column capture.tickers.received_at is 'When the frame left the socket, by this host''s clock.';
comment on column capture.tickers.sent_at is 'The message''s sending_ts_ms; null if it has none.';
comment on column capture.tickers.exchange_ts is 'The exchange''s time of the state.';
comment on column capture.tickers.connection_id is 'The connection it came on.';
comment on column capture.tickers.sid is 'The subscription it came on.';
comment on column capture.tickers.frame_number is 'The frame''s number in the frame log.';
comment on column capture.tickers.market_ticker is 'The market summed up.';
comment on column capture.tickers.market_id is 'The exchange''s id of the market; null if not sent.';
comment on column capture.tickers.last_price is
'Dollars of the last trade, 0 before the first one; null if not sent.';
comment on column capture.tickers.yes_bid is 'Dollars of the best YES bid, 0 for an empty side; null if not sent.';
comment on column capture.tickers.yes_ask is 'Dollars of the best YES ask; null if not sent.';
comment on column capture.tickers.yes_bid_size is 'Contracts at the best YES bid; null if not sent.';
comment on column capture.tickers.yes_ask_size is 'Contracts at the best YES ask; null if not sent.';
comment on column capture.tickers.last_trade_size is 'Contracts of the last trade; null if not sent.';
comment on column capture.tickers.volume is 'Contracts traded since the market opened; null if not sent.';
comment on column capture.tickers.open_interest is 'Contracts held; null if not sent.';
comment on column capture.tickers.dollar_volume is 'Whole dollars traded since the market opened; null if not sent.';
comment on column capture.tickers.dollar_open_interest is 'Whole dollars held; null if not sent.';
comment on column capture.tickers.time_digits is
'Decimal places of the second that exchange_ts has: 6, 3 or 0. Null if the message has no time: then exchange_ts is when
it was sent, else when it was received.';
