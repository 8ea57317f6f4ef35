-- A snapshot without a clock is told from one of a market that never changed, whose clock is 0. Equal lifecycle
-- messages are told apart by the time between them: a connection that begins anew need not know what came before.
comment on column market_data.orderbook_snapshots.clock is
'The newest change contained; 0 where the market never changed, and in recordings before clocks existed.';
comment on column market_data.orderbook_snapshots.occurrence is
'0 with a clock; without one counts equal snapshots of a connection from 1.';
comment on column market_data.lifecycle_events.occurrence is
'Counts equal messages of a connection that follow each other within 5 s, from 0.';
