create table capture.orderbook_deltas (
    ingest_xid xid8 not null default pg_current_xact_id(),
    received_at timestamptz not null,
    sent_at timestamptz,
    exchange_ts timestamptz not null,
    connection_id integer,
    sid integer,
    seq bigint,
    market_ticker text collate "C" not null,
    clock bigint not null,
    side text not null check (side in ('yes', 'no')),
    price numeric not null,
    size_delta numeric not null,
    occurrence integer not null
);
create index on capture.orderbook_deltas (ingest_xid);
select timeseries.make_time_series('capture.orderbook_deltas', 'received_at', interval '1 day');

comment on table capture.orderbook_deltas is
'Changes of order-book levels as this gatherer received them, append-only.';
comment on column capture.orderbook_deltas.exchange_ts is
'The matching engine''s time: ts with all its digits where it agrees with ts_ms, else ts_ms.';
comment on column capture.orderbook_deltas.clock is 'The exchange''s logical clock, 0 where the message has none.';
comment on column capture.orderbook_deltas.side is 'The ladder of bids that changed.';
comment on column capture.orderbook_deltas.price is 'Dollars, on the scale of its own side, exactly as sent.';
comment on column capture.orderbook_deltas.size_delta is 'Change of the resting contracts, exactly as sent.';
comment on column capture.orderbook_deltas.occurrence is
'How many deltas equal to this one came before it on its connection, so that equal changes stay as many as they were.';
