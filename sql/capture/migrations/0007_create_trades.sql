create table capture.trades (
    ingest_xid xid8 not null default pg_current_xact_id(),
    received_at timestamptz not null,
    sent_at timestamptz,
    exchange_ts timestamptz not null,
    connection_id bigint,
    sid integer,
    seq bigint,
    frame_number bigint,
    trade_id text collate "C" not null,
    market_ticker text collate "C" not null,
    yes_price numeric not null,
    no_price numeric not null,
    size numeric not null,
    taker_side text check (taker_side in ('yes', 'no')),
    is_block_trade boolean,
    time_digits smallint
);
create index on capture.trades (ingest_xid);
-- Finds the captured copy of a trade from REST: in the same market, near the same time.
create index on capture.trades (market_ticker, exchange_ts);
select timeseries.make_time_series('capture.trades', 'received_at', interval '1 day');

comment on table capture.trades is
'Trades as this gatherer received them, append-only; the same trade may be stored twice.';
comment on column capture.trades.ingest_xid is 'The transaction that wrote the row; readers take whole transactions.';
comment on column capture.trades.received_at is
'When the frame left the socket, or REST answered, by this host''s clock.';
comment on column capture.trades.sent_at is 'The message''s sending_ts_ms; null if it has none.';
comment on column capture.trades.exchange_ts is
'When the matching engine traded: ts_ms, or ts in seconds in older messages.';
comment on column capture.trades.connection_id is 'The connection it came on; null for a trade from REST.';
comment on column capture.trades.sid is 'The subscription it came on; null for a trade from REST.';
comment on column capture.trades.seq is 'Its sequence number in the subscription; null for a trade from REST.';
comment on column capture.trades.frame_number is 'The frame''s number in the frame log; null for a trade from REST.';
comment on column capture.trades.trade_id is
'The exchange''s identity of the trade, the same over WebSocket and REST.';
comment on column capture.trades.market_ticker is 'The market that was traded.';
comment on column capture.trades.yes_price is 'Dollars paid for YES, exactly as sent.';
comment on column capture.trades.no_price is 'Dollars paid for NO, exactly as sent.';
comment on column capture.trades.size is 'Contracts, exactly as sent.';
comment on column capture.trades.taker_side is
'What the taker bought: yes or no; null if the exchange names no taker.';
comment on column capture.trades.is_block_trade is 'Null if the message does not contain it.';
comment on column capture.trades.time_digits is
'Decimal places of the second that exchange_ts has: 6, 3 or 0. Null if the message has no time: then exchange_ts is when
it was sent, else when it was received.';
