-- The state of every expected minute of each market, for readers: who analyses rows must know which are missing.
-- Reads: ops.completeness
create or replace view market_data.minute_states as
select
    c.stream,
    c.market_ticker,
    c.minute,
    c.state
from ops.completeness as c;

comment on view market_data.minute_states is
'The state of every expected minute, one row each; restrict it to one stream and a few days or one market.';
comment on column market_data.minute_states.stream is 'orderbook_deltas, trades, tickers or lifecycle_events.';
comment on column market_data.minute_states.market_ticker is
'The market; empty for a stream that is received for all markets at once.';
comment on column market_data.minute_states.minute is 'The beginning of the minute.';
comment on column market_data.minute_states.state is
'proven: no change is missing; covered: received, not proven yet; repaired: missed by some gatherer, received by '
'another one or fetched; gap: known to be lost; idle: covered, and nothing was published; halted: the '
'same, and the exchange said that trading is not active on the market''s shard.';
