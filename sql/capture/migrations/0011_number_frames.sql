-- Every frame has a number in the gatherer's frame log, so that each row can be traced to its bytes, and a stretch of
-- the log can be fed again without adding a row twice. A connection is known by the number of its opening record.
alter table capture.gaps drop constraint gaps_connection_id_fkey;
alter table capture.quarantine drop constraint quarantine_connection_id_fkey;
alter table capture.connections alter column connection_id drop identity;
alter table capture.connections alter column connection_id type bigint;
alter table capture.quarantine alter column connection_id type bigint;
alter table capture.trades alter column connection_id type bigint;
alter table capture.orderbook_deltas alter column connection_id type bigint;
alter table capture.orderbook_snapshots alter column connection_id type bigint;
alter table capture.tickers alter column connection_id type bigint;
alter table capture.lifecycle_events alter column connection_id type bigint;

alter table capture.quarantine add column frame_number bigint;
alter table capture.trades add column frame_number bigint;
alter table capture.orderbook_deltas add column frame_number bigint;
alter table capture.orderbook_snapshots add column frame_number bigint;
alter table capture.tickers add column frame_number bigint;
alter table capture.lifecycle_events add column frame_number bigint;

comment on column capture.connections.connection_id is
'The number in the frame log of the record that opened the connection.';
comment on column capture.quarantine.frame_number is 'The frame''s number in the frame log.';
comment on column capture.trades.frame_number is 'The frame''s number in the frame log; null for a trade from REST.';
comment on column capture.orderbook_deltas.frame_number is 'The frame''s number in the frame log.';
comment on column capture.orderbook_snapshots.frame_number is 'The frame''s number in the frame log.';
comment on column capture.tickers.frame_number is 'The frame''s number in the frame log.';
comment on column capture.lifecycle_events.frame_number is 'The frame''s number in the frame log.';
