-- List the streams whose minutes are classified, and the exchange's channel that each is received on.
-- Returns: stream, channel, and whether gatherers subscribe market by market or to all markets at once
create or replace function ops.classified_streams()
returns table (stream text, channel text, is_by_market boolean)
language sql
immutable
as $$
    values
    ('orderbook_deltas', 'orderbook_delta', true),
    ('trades', 'trade', false),
    ('tickers', 'ticker', false),
    ('lifecycle_events', 'market_lifecycle_v2', false);
$$;

comment on function ops.classified_streams is 'The streams whose minutes are classified, and their channels.';
