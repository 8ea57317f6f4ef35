comment on column capture.orderbook_snapshots.clock is
'The newest change contained; 0 where the market never changed or the message has no clock.';
comment on column capture.orderbook_snapshots.occurrence is
'0 with a clock; without one 1 and how many equal snapshots came before on the connection.';
comment on column capture.lifecycle_events.occurrence is
'How many equal messages came before on the connection, each within 5 s of the next.';
