create table capture.orderbook_snapshots (
    ingest_xid xid8 not null default pg_current_xact_id(),
    received_at timestamptz not null,
    sent_at timestamptz,
    connection_id integer,
    sid integer,
    seq bigint,
    market_ticker text collate "C" not null,
    market_id text not null,
    clock bigint not null,
    yes_prices numeric[] not null,
    yes_sizes numeric[] not null,
    no_prices numeric[] not null,
    no_sizes numeric[] not null,
    occurrence integer not null,
    check (cardinality(yes_prices) = cardinality(yes_sizes)),
    check (cardinality(no_prices) = cardinality(no_sizes))
);
create index on capture.orderbook_snapshots (ingest_xid);
select timeseries.make_time_series('capture.orderbook_snapshots', 'received_at', interval '1 day');

comment on table capture.orderbook_snapshots is 'Whole order books as this gatherer received them, append-only.';
comment on column capture.orderbook_snapshots.market_id is 'Empty where the exchange does not know the market.';
comment on column capture.orderbook_snapshots.clock is 'The newest change contained; 0 where the message has no clock.';
comment on column capture.orderbook_snapshots.yes_prices is
'Dollars of the YES bids in the order sent; empty for none.';
comment on column capture.orderbook_snapshots.yes_sizes is 'Contracts at the price of the same position.';
comment on column capture.orderbook_snapshots.occurrence is
'Without a clock: how many equal snapshots came before on the connection; else 0.';
