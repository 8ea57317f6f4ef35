create table capture.orderbook_deltas (
    ingest_xid xid8 not null default pg_current_xact_id(),
    received_at timestamptz not null,
    sent_at timestamptz,
    exchange_ts timestamptz not null,
    connection_id bigint,
    sid integer,
    seq bigint,
    frame_number bigint,
    market_ticker text collate "C" not null,
    clock bigint not null,
    side text not null check (side in ('yes', 'no')),
    price numeric not null,
    size_delta numeric not null,
    occurrence integer not null,
    time_digits smallint,
    ordinal integer,
    ordinal_of_clock integer,
    ordinal_digits smallint,
    burst_began_at timestamptz
);
create index on capture.orderbook_deltas (ingest_xid);
select timeseries.make_time_series('capture.orderbook_deltas', 'received_at', interval '1 hour');

comment on table capture.orderbook_deltas is
'Changes of order-book levels as this gatherer received them, append-only.';
comment on column capture.orderbook_deltas.ingest_xid is
'The transaction that wrote the row; readers take whole transactions.';
comment on column capture.orderbook_deltas.received_at is 'When the frame left the socket, by this host''s clock.';
comment on column capture.orderbook_deltas.sent_at is 'The message''s sending_ts_ms; null if it has none.';
comment on column capture.orderbook_deltas.exchange_ts is
'The matching engine''s time: ts with all its digits if it agrees with ts_ms, else ts_ms; see time_digits.';
comment on column capture.orderbook_deltas.connection_id is 'The connection it came on.';
comment on column capture.orderbook_deltas.sid is 'The subscription it came on.';
comment on column capture.orderbook_deltas.seq is 'Its sequence number in the subscription.';
comment on column capture.orderbook_deltas.frame_number is 'The frame''s number in the frame log.';
comment on column capture.orderbook_deltas.market_ticker is 'The market whose book changed.';
comment on column capture.orderbook_deltas.clock is 'The exchange''s logical clock; 0 if the message has none.';
comment on column capture.orderbook_deltas.side is 'The ladder of bids that changed: yes or no.';
comment on column capture.orderbook_deltas.price is 'Dollars, on the scale of its own side, exactly as sent.';
comment on column capture.orderbook_deltas.size_delta is 'Change of the resting contracts, exactly as sent.';
comment on column capture.orderbook_deltas.occurrence is
'How many deltas before this one on its connection have all of its fields; keeps equal changes apart. A delta without a
time counts those of the burst.';
comment on column capture.orderbook_deltas.time_digits is
'Decimal places of the second that exchange_ts has: 6, 3 or 0. Null if the message has no time: then exchange_ts is when
it was sent, else when it was received.';
comment on column capture.orderbook_deltas.ordinal is
'How many deltas of this market, side, price and size came before this one on its connection in the millisecond or
second (see ordinal_digits), or since burst_began_at if that is set. Null if all of them have at least its fields.';
comment on column capture.orderbook_deltas.ordinal_of_clock is
'How many of those that ordinal counts have the clock of this one (since burst_began_at: within 5 s); null if none.';
comment on column capture.orderbook_deltas.ordinal_digits is
'Decimal places of the time that those deltas share with this one: 3, or 0 if only the second of this one or of an
earlier one is known. Null if burst_began_at is set.';
comment on column capture.orderbook_deltas.burst_began_at is
'When the first delta of the burst came, if the burst holds deltas without a time: deltas of this market, side, price
and size that follow each other within 10 s on a connection.';
