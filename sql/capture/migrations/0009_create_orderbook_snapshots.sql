create table capture.orderbook_snapshots (
    ingest_xid xid8 not null default pg_current_xact_id(),
    received_at timestamptz not null,
    sent_at timestamptz,
    connection_id bigint,
    sid integer,
    seq bigint,
    frame_number bigint,
    market_ticker text collate "C" not null,
    market_id text not null,
    clock bigint not null,
    yes_prices numeric[] not null,
    yes_sizes numeric[] not null,
    no_prices numeric[] not null,
    no_sizes numeric[] not null,
    occurrence integer not null,
    last_change_at timestamptz,
    check (cardinality(yes_prices) = cardinality(yes_sizes)),
    check (cardinality(no_prices) = cardinality(no_sizes))
);
create index on capture.orderbook_snapshots (ingest_xid);
select timeseries.make_time_series('capture.orderbook_snapshots', 'received_at', interval '1 hour');

comment on table capture.orderbook_snapshots is 'Whole order books as this gatherer received them, append-only.';
comment on column capture.orderbook_snapshots.ingest_xid is
'The transaction that wrote the row; readers take whole transactions.';
comment on column capture.orderbook_snapshots.received_at is 'When the frame left the socket, by this host''s clock.';
comment on column capture.orderbook_snapshots.sent_at is 'The message''s sending_ts_ms; null if it has none.';
comment on column capture.orderbook_snapshots.connection_id is 'The connection it came on.';
comment on column capture.orderbook_snapshots.sid is 'The subscription it came on.';
comment on column capture.orderbook_snapshots.seq is 'Its sequence number in the subscription.';
comment on column capture.orderbook_snapshots.frame_number is 'The frame''s number in the frame log.';
comment on column capture.orderbook_snapshots.market_ticker is 'The market whose book it is.';
comment on column capture.orderbook_snapshots.market_id is
'The exchange''s id of the market; empty if the exchange does not know the ticker.';
-- A snapshot without a clock differs from one of a market that never changed, whose clock is 0: see occurrence.
comment on column capture.orderbook_snapshots.clock is
'The clock of the newest change contained; 0 if the market never changed or the message has no clock.';
comment on column capture.orderbook_snapshots.yes_prices is
'Dollars of the YES bids in the order sent; empty if there are none.';
comment on column capture.orderbook_snapshots.yes_sizes is 'Contracts at the YES price of the same position.';
comment on column capture.orderbook_snapshots.no_prices is
'Dollars of the NO bids, on the NO scale, in the order sent; empty if there are none.';
comment on column capture.orderbook_snapshots.no_sizes is 'Contracts at the NO price of the same position.';
comment on column capture.orderbook_snapshots.occurrence is
'0 if the message has a clock; else counts equal snapshots of a connection from 1.';
comment on column capture.orderbook_snapshots.last_change_at is
'The exchange''s time, cut to milliseconds, of the newest change of this market that the subscription received before
it; null if there was none, or its time is not known to the millisecond.';
