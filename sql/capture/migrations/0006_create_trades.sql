create table capture.trades (
    ingest_xid xid8 not null default pg_current_xact_id(),
    received_at timestamptz not null,
    sent_at timestamptz,
    exchange_ts timestamptz not null,
    connection_id integer,
    sid integer,
    seq bigint,
    trade_id text collate "C" not null,
    market_ticker text collate "C" not null,
    yes_price numeric not null,
    no_price numeric not null,
    size numeric not null,
    taker_side text not null check (taker_side in ('yes', 'no')),
    is_block_trade boolean
);
create index on capture.trades (ingest_xid);
select timeseries.make_time_series('capture.trades', 'received_at', interval '1 day');

comment on table capture.trades is
'Trades as this gatherer received them, append-only; the same trade may stand here twice.';
comment on column capture.trades.ingest_xid is 'The transaction that wrote the row; readers take whole transactions.';
comment on column capture.trades.received_at is 'When the frame left the socket, by this host''s clock.';
comment on column capture.trades.sent_at is 'The exchange''s sending_ts_ms, where the message has one.';
comment on column capture.trades.exchange_ts is
'When the matching engine traded: ts_ms, or ts in seconds in older messages.';
comment on column capture.trades.yes_price is 'Dollars, exactly as sent.';
comment on column capture.trades.size is 'Contracts, exactly as sent.';
comment on column capture.trades.taker_side is 'What the taker bought: yes or no.';
comment on column capture.trades.is_block_trade is 'Null where the message does not say.';
